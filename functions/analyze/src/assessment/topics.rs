//! What alerts are about, and what to do and ask then. Only data; [`super::advice`] reads it.

/// A kind of event, known by groups of the rule.
pub(super) struct Topic {
    pub groups: &'static [&'static str],
    /// Beginnings of groups.
    pub stems: &'static [&'static str],
    /// `{host}` and `{source}` are filled in.
    pub next_steps: &'static [&'static str],
    pub open_questions: &'static [&'static str],
}

/// From the particular to the general: the first that fits is taken.
pub(super) const TOPICS: [Topic; 19] = [
    // A finding of a hunt.
    Topic {
        groups: &["wazuh_triage_hunt"],
        stems: &[],
        next_steps: &[
            "Ask the owner of the account, by telephone and not by mail, whether these logins were theirs.",
            "If not: end the account's sessions, change its password, and look for new keys, tokens and mail rules.",
            "Read what the account did on {host} after the last of these logins.",
        ],
        open_questions: &[
            "Does a VPN, a journey or an on-call duty explain the logins?",
            "Was a second factor asked for, and by which device was it answered?",
        ],
    },
    // Logs cleared.
    Topic {
        groups: &["log_clearing", "logs_cleared"],
        stems: &[],
        next_steps: &[
            "Find who cleared the log on {host}, and how they logged in.",
            "Read what Wazuh received from {host} before: that copy is out of their reach.",
        ],
        open_questions: &["Was this log rotation or a person?"],
    },
    // Malware.
    Topic {
        groups: &["malware", "ransomware", "rootcheck", "rootkit", "trojan", "virus", "virustotal", "yara"],
        stems: &[],
        next_steps: &[
            "Isolate {host} before anything else is tried on it.",
            "Keep the file and its hash, and search the hash on other hosts.",
            "Find out how it came in: mail, download, removable media, or a login just before.",
        ],
        open_questions: &["Was the file executed, and by whom?", "On which other hosts is it?"],
    },
    // Vulnerability.
    Topic {
        groups: &["vulnerability-detector", "vulnerability_detector"],
        stems: &[],
        next_steps: &[
            "Check whether the vulnerable software runs on {host} and can be reached from outside.",
            "Look whether the vulnerability is known to be exploited, and update by that and by exposure, not by score alone.",
            "Where no update exists, switch the affected function off or limit who can reach it.",
        ],
        open_questions: &[
            "Can {host} be reached from the internet?",
            "Is there an update, and what would it break?",
        ],
    },
    // AWS.
    Topic {
        groups: &["amazon", "aws"],
        stems: &["aws_"],
        next_steps: &[
            "Read CloudTrail for the same identity and for {source}, an hour before and after.",
            "Look for new access keys, users, roles and policies of that identity since.",
            "Deactivate the access key or end the role's sessions if its owner cannot explain the call.",
        ],
        open_questions: &[
            "Does the owner of the identity know this call?",
            "Was MFA used, and was the call allowed or refused?",
        ],
    },
    // Microsoft 365.
    Topic {
        groups: &["office365", "ms-graph"],
        stems: &["office365_"],
        next_steps: &[
            "Read the sign-in log of the user, and of {source} for other users.",
            "Look for new inbox rules, forwarding, consented applications and MFA methods of the user.",
            "End the user's sessions and reset the credential if the sign-in is not explained.",
        ],
        open_questions: &["Does the user know this activity?", "Was MFA passed, and from which device?"],
    },
    // Azure.
    Topic {
        groups: &["azure"],
        stems: &["azure_", "azure-"],
        next_steps: &[
            "Read the activity and sign-in logs for the same caller and for {source}.",
            "Look for new role assignments, credentials of applications and changed network rules.",
            "Revoke the caller's tokens if its owner cannot explain the operation.",
        ],
        open_questions: &[
            "Does the owner of the caller know this operation?",
            "Which resources can it reach?",
        ],
    },
    // Google Cloud.
    Topic {
        groups: &["gcp"],
        stems: &["gcp_", "gcp-"],
        next_steps: &[
            "Read the audit logs for the same principal and for {source}.",
            "Look for new service account keys and changed IAM policies since.",
            "Disable the key or the principal if its owner cannot explain the call.",
        ],
        open_questions: &["Does the owner of the principal know this call?", "Which projects can it reach?"],
    },
    // Container.
    Topic {
        groups: &["docker", "kubernetes"],
        stems: &["docker_", "k8s", "kubernetes_"],
        next_steps: &[
            "Find out who started the container or the command in it, and by which interface.",
            "Check the image against the ones that are meant to run on {host}.",
            "Look for mounts of the host, privileged mode and processes outside the container.",
        ],
        open_questions: &[
            "Was this a deployment or a person?",
            "Can the container reach the host or its secrets?",
        ],
    },
    // File integrity.
    Topic {
        groups: &["syscheck"],
        stems: &["syscheck_"],
        next_steps: &[
            "Compare the change with deployments and package updates of that time on {host}.",
            "Find the process and the user that wrote the file.",
            "Restore the file and isolate {host} if nobody can explain the change.",
        ],
        open_questions: &[
            "Was there a change window for {host}?",
            "Did the same file change on other hosts?",
        ],
    },
    // Configuration.
    Topic {
        groups: &["ciscat", "oscap", "policy_violation", "sca"],
        stems: &["oscap-"],
        next_steps: &[
            "See which check changed, and what changed it.",
            "Set the value back, or record why {host} is an exception.",
        ],
        open_questions: &[
            "Was the setting changed on purpose?",
            "Do other hosts of this kind differ in the same way?",
        ],
    },
    // Web.
    Topic {
        groups: &["accesslog", "apache", "appsec", "nginx", "sql_injection", "web", "web_attack", "web_scan"],
        stems: &["modsec"],
        next_steps: &[
            "Look at the server's answer: a 2xx or a long answer to an attack needs a closer look.",
            "Search the other requests of {source} around this time, and on other servers.",
            "Look on {host} for new files in the web root and for processes that the web server started.",
            "Block {source} at the edge if this was an attack.",
        ],
        open_questions: &[
            "Was the attacked application vulnerable to this?",
            "Is {source} one of our own scanners?",
        ],
    },
    // Privilege.
    Topic {
        groups: &[
            "account_changed",
            "adduser",
            "elevation_of_privilege",
            "group_changed",
            "policy_changed",
            "su",
            "sudo",
            "win_group_changed",
        ],
        stems: &[],
        next_steps: &[
            "Ask the user, or check the change ticket, whether this was meant.",
            "Look at the commands that followed on {host}.",
            "Take the right away again, and look at that account's logins, if nobody can explain it.",
        ],
        open_questions: &["Does this user normally do this on {host}?", "How did the user log in before?"],
    },
    // Authentication.
    Topic {
        groups: &[
            "authentication_failed",
            "authentication_failures",
            "authentication_success",
            "invalid_login",
            "login_denied",
        ],
        stems: &["win_authentication"],
        next_steps: &[
            "Look for a successful login from {source}, or for the same user on {host}, after these events.",
            "Search {source} on other hosts.",
            "If a login succeeded: end its sessions, reset the credential, and look at what was run.",
            "Block {source} where nothing legitimate comes from it.",
        ],
        open_questions: &["Did any of the attempts succeed?", "Is the account a real one, and whose?"],
    },
    // Network.
    Topic {
        groups: &["firewall", "firewall_drop", "ids", "multiple_drops", "snort", "suricata", "zeek"],
        stems: &[],
        next_steps: &[
            "Check whether the connection was allowed, and how much was transferred.",
            "Find the process on the inner host that belongs to the connection.",
            "Search {source} and the signature on other sensors.",
        ],
        open_questions: &[
            "Which process opened the connection?",
            "Is the signature known to fire on our own traffic?",
        ],
    },
    // Windows.
    Topic {
        groups: &["sysmon", "windows"],
        stems: &["sysmon_", "windows_"],
        next_steps: &[
            "Look at the process, its parent and its command line on {host}.",
            "Look for persistence since: services, scheduled tasks, Run keys.",
            "Search the image's hash and the account on other hosts.",
        ],
        open_questions: &[
            "Does this program normally run on {host}?",
            "Which logon session did it belong to?",
        ],
    },
    // Command.
    Topic {
        groups: &["audit"],
        stems: &["audit_", "osquery"],
        next_steps: &[
            "Look at who ran the command on {host}, in which session, and what ran before and after.",
            "Compare it with the host's scheduled jobs and its configuration management.",
        ],
        open_questions: &["Was it a person or a job?"],
    },
    // Mail.
    Topic {
        groups: &["dovecot", "exim", "mail", "postfix", "sendmail", "spam", "vpopmail"],
        stems: &["ms-exchange", "ms_exchange"],
        next_steps: &[
            "Look whether the message or login was accepted.",
            "Search the sender and {source} in the mail log of the last day.",
            "Look for outgoing mail in unusual number from the same account.",
        ],
        open_questions: &[
            "Who received it, and did anybody open it?",
            "Does the account's owner know the activity?",
        ],
    },
    // Service.
    Topic {
        groups: &[
            "agent_flooding",
            "errors",
            "low_diskspace",
            "service_availability",
            "service_start",
            "system_error",
            "system_shutdown",
        ],
        stems: &[],
        next_steps: &[
            "Check whether the service runs on {host}, and what its own log says.",
            "Look for changes, updates or load just before.",
        ],
        open_questions: &["Was the stop or error expected?", "Does Wazuh still receive all logs of {host}?"],
    },
];

pub(super) const OTHER: Topic = Topic {
    groups: &[],
    stems: &[],
    next_steps: &[
        "Read the raw event below and the events of {host} around it.",
        "Ask the owner of {host} whether the activity was expected.",
    ],
    open_questions: &["Is this expected on {host}?"],
};
