variable "name" {
  description = "Prefix of every name: queues, tables, functions, parameters, roles. Roles are global: another region of the same account needs another name."
  type        = string
  default     = "wazuh-triage"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 40 lower-case letters, digits or hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "artifacts" {
  description = "The zip of each function: `{ local_zip }`, or `{ s3_bucket, s3_key, s3_object_version }`. Give the object version with S3, or a new zip under the same key is not noticed."
  type = object({
    enrich = object({
      local_zip         = optional(string)
      s3_bucket         = optional(string)
      s3_key            = optional(string)
      s3_object_version = optional(string)
    })
    analyze = object({
      local_zip         = optional(string)
      s3_bucket         = optional(string)
      s3_key            = optional(string)
      s3_object_version = optional(string)
    })
    notify = object({
      local_zip         = optional(string)
      s3_bucket         = optional(string)
      s3_key            = optional(string)
      s3_object_version = optional(string)
    })
    ingest = object({
      local_zip         = optional(string)
      s3_bucket         = optional(string)
      s3_key            = optional(string)
      s3_object_version = optional(string)
    })
    hunt = object({
      local_zip         = optional(string)
      s3_bucket         = optional(string)
      s3_key            = optional(string)
      s3_object_version = optional(string)
    })
  })
}

variable "architecture" {
  description = "Processor the zips were built for: `arm64` (a fifth cheaper) or `x86_64`."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "mail" {
  description = <<-TEXT
    Who is told, and by whom.
    from: plain sender address, for example `triage@example.com`.
    to: plain addresses of the analysts, 1 to 50.
    reply_to: where answers of people go; empty for the sender.
    subject: template; `{priority}`, `{where}`, `{title}`, `{agent}`, `{rule_id}`, `{level}` and `{incident}` are filled in.
    time_zone: of the readers, by its IANA name such as `Europe/Berlin`; UTC stands beside it.
    privacy: `full`, or `link` for mailboxes outside: priority, rule, incident, count and a link, nothing else.
    attachment: `json`, the alert as a file, or `none`.
    identity_arn: SES identity (address or domain) of the sender; the function may send from nothing else.
    recipient_identity_arns: only while the account is in the SES sandbox: the identities of the recipients, which SES
    then also wants permission for.
  TEXT
  type = object({
    from                    = string
    to                      = list(string)
    reply_to                = optional(string, "")
    subject                 = optional(string, "[{priority}] {where}: {title} (Wazuh {rule_id}/L{level})")
    time_zone               = optional(string, "UTC")
    privacy                 = optional(string, "full")
    attachment              = optional(string, "json")
    identity_arn            = string
    recipient_identity_arns = optional(list(string), [])
  })

  validation {
    condition     = alltrue([for address in concat([var.mail.from], var.mail.to, compact([var.mail.reply_to])) : can(regex("^[^@\\s,;<>\"]+@[^@\\s,;<>\"]+$", address))])
    error_message = "mail.from, mail.to and mail.reply_to must be plain addresses such as soc@example.com."
  }

  validation {
    condition     = length(var.mail.to) >= 1 && length(var.mail.to) <= 50
    error_message = "mail.to must hold 1 to 50 addresses (SES refuses more in one mail)."
  }

  validation {
    condition     = length(trimspace(var.mail.subject)) > 0 && !can(regex("[\\r\\n]", var.mail.subject))
    error_message = "mail.subject must be one line and not empty."
  }

  # Whether there is such a zone the function says at its start.
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$", var.mail.time_zone))
    error_message = "mail.time_zone must be a name of the IANA database, such as UTC or Europe/Berlin."
  }

  validation {
    condition     = contains(["full", "link"], var.mail.privacy)
    error_message = "mail.privacy must be full or link."
  }

  validation {
    condition     = contains(["json", "none"], var.mail.attachment)
    error_message = "mail.attachment must be json or none."
  }

  validation {
    condition     = can(regex("^arn:[^:]+:ses:[^:]+:[^:]+:identity/.+$", var.mail.identity_arn))
    error_message = "mail.identity_arn must be the ARN of an SES identity: arn:aws:ses:<region>:<account>:identity/<address or domain>."
  }
}

variable "mail_events" {
  description = <<-TEXT
    Whether SES tells what becomes of a mail: bounces, complaints, rejects, as metrics and as a note in the next mail.
    enabled: needs a configuration set with an event destination, which some emulators do not have.
    require_tls: whether a mail whose recipient's server offers no TLS comes back as a bounce instead of being sent in the
    clear.
    topic_key_arn: KMS key of your own for the topic that the events go through; its policy must let `ses.amazonaws.com`
    use it.
  TEXT
  type = object({
    enabled       = optional(bool, true)
    require_tls   = optional(bool, false)
    topic_key_arn = optional(string)
  })
  default = {}

  validation {
    condition     = var.mail_events.enabled || (!var.mail_events.require_tls && var.mail_events.topic_key_arn == null)
    error_message = "mail_events.require_tls and mail_events.topic_key_arn are of no use while mail_events.enabled is false: both belong to the configuration set and its topic."
  }
}

variable "mail_routes" {
  description = <<-TEXT
    Who else is told, and how much (docs/mail-delivery.md). Without groups everything goes to `mail.to`, with the default limits.
    mode: `record` sends nothing and records what would be sent, for tests and staging; null means `live`.
    tenant_label: the agent label that names a tenant, `tenant` if null; without the label it is the manager's name.
    groups: each has a name and
    - to: its addresses, 1 to 50. The group `default` gets what no other one gets; it has no match, and `mail.to` if `to` is null.
    - webhook: whether it is told in a chat, beside the mail or, without `to`, instead of it. Its address goes into the SSM
      parameter `webhook_<group>` of the outputs.
    - match: all conditions that are there must fit. min_priority; rule_groups; agents, labels and tenants, as names with `*`.
      `{}` fits everything.
    - quiet_hours: from, to, time_zone, days on which they begin (all), except: from this priority on mails come anyway (critical).
    - limits: mails per hour (20) and at once (10); for levels from 12 on severe_per_hour (60) and severe_burst (30).
    - privacy: `full` or `link`; mode: `live` or `record`.
  TEXT
  type = object({
    mode         = optional(string)
    tenant_label = optional(string)
    groups = optional(list(object({
      name    = string
      to      = optional(list(string))
      webhook = optional(bool, false)
      match = optional(object({
        min_priority = optional(string)
        rule_groups  = optional(list(string))
        agents       = optional(list(string))
        labels       = optional(map(string))
        tenants      = optional(list(string))
      }))
      quiet_hours = optional(object({
        from      = string
        to        = string
        time_zone = string
        days      = optional(list(string))
        except    = optional(string)
      }))
      limits = optional(object({
        per_hour        = optional(number)
        burst           = optional(number)
        severe_per_hour = optional(number)
        severe_burst    = optional(number)
      }))
      privacy = optional(string)
      mode    = optional(string)
    })), [])
  })
  default = {}

  validation {
    condition     = alltrue([for group in var.mail_routes.groups : can(regex("^[a-z0-9-]{1,32}$", group.name))]) && length(distinct(var.mail_routes.groups[*].name)) == length(var.mail_routes.groups)
    error_message = "mail_routes.groups must have names of 1 to 32 lower case letters, digits and hyphens, each once."
  }

  validation {
    condition = alltrue([for group in var.mail_routes.groups :
      group.name == "default" ? group.match == null : group.match != null && (group.to != null || group.webhook)
    ])
    error_message = "Each group of mail_routes needs a list `to` or a webhook, and a `match` ({} fits everything); the group default has no match."
  }

  validation {
    condition = alltrue([for group in var.mail_routes.groups : group.to == null ? true :
      length(group.to) >= 1 && length(group.to) <= 50 && alltrue([for address in group.to : can(regex("^[^@\\s,;<>\"]+@[^@\\s,;<>\"]+$", address))])
    ])
    error_message = "mail_routes.groups[*].to must be 1 to 50 plain addresses such as soc@example.com."
  }

  validation {
    condition     = alltrue([for mode in concat([var.mail_routes.mode], var.mail_routes.groups[*].mode) : mode == null ? true : contains(["live", "record"], mode)])
    error_message = "mail_routes.mode and the mode of a group must be live or record."
  }

  validation {
    condition     = alltrue([for privacy in var.mail_routes.groups[*].privacy : privacy == null ? true : contains(["full", "link"], privacy)])
    error_message = "mail_routes.groups[*].privacy must be full or link."
  }

  validation {
    condition = alltrue([for priority in concat([for group in var.mail_routes.groups : try(group.match.min_priority, null)], [for group in var.mail_routes.groups : try(group.quiet_hours.except, null)]) :
      priority == null ? true : contains(["low", "medium", "high", "critical"], priority)
    ])
    error_message = "match.min_priority and quiet_hours.except must be low, medium, high or critical."
  }

  validation {
    condition = alltrue([for hours in [for group in var.mail_routes.groups : group.quiet_hours if group.quiet_hours != null] :
      alltrue([for time in [hours.from, hours.to] : can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", time))]) && hours.from != hours.to &&
      (hours.days == null ? true : length(hours.days) > 0 && alltrue([for day in hours.days : contains(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], day)]))
    ])
    error_message = "quiet_hours needs from and to as two different times such as 20:00, and days as a list of mon to sun."
  }

  validation {
    condition = alltrue([for limits in [for group in var.mail_routes.groups : group.limits if group.limits != null] :
      alltrue([for limit in values(limits) : limit == null ? true : limit >= 1 && floor(limit) == limit])
    ])
    error_message = "limits must be whole numbers from 1 on."
  }
}

variable "enrich" {
  description = <<-TEXT
    Which alerts are worked on, and which go on to analysis.
    min_level: lowest rule level (0 to 16) that is triaged; 6 means "level above 5".
    triage_groups: rule groups that are triaged whatever their level.
    excluded_rule_ids: rules that are never triaged.
    forward_level: lowest rule level that goes on to analysis without a hit in any intelligence.
    dedup_window_seconds: how long the same rule about the same indicator is a repeat: it asks no provider and counts in
    the incident of the first alert. 0 to 86400 (a day); 0 switches it off.
    look_up_logins: `success` asks the providers about public addresses from which somebody got in, below triage level
    too; `off` leaves it at what is known already. Both are within the daily limits.
    snapshot_refresh_seconds: how often a warm function looks for a new snapshot of the feeds, 60 to 86400.
  TEXT
  type = object({
    min_level            = optional(number, 6)
    triage_groups        = optional(list(string), [])
    excluded_rule_ids    = optional(list(string), ["31530", "31531"])
    forward_level        = optional(number, 7)
    dedup_window_seconds = optional(number, 3600)
    look_up_logins       = optional(string, "success")

    snapshot_refresh_seconds = optional(number, 300)
  })
  default = {}

  validation {
    condition     = var.enrich.snapshot_refresh_seconds >= 60 && var.enrich.snapshot_refresh_seconds <= 86400 && floor(var.enrich.snapshot_refresh_seconds) == var.enrich.snapshot_refresh_seconds
    error_message = "enrich.snapshot_refresh_seconds must be a whole number from 60 to 86400: older than a day, a snapshot is not used."
  }

  validation {
    condition     = contains(["success", "off"], var.enrich.look_up_logins)
    error_message = "enrich.look_up_logins must be success or off."
  }

  validation {
    condition     = alltrue([for level in [var.enrich.min_level, var.enrich.forward_level] : level >= 0 && level <= 16 && floor(level) == level])
    error_message = "enrich.min_level and enrich.forward_level must be whole numbers from 0 to 16."
  }

  validation {
    condition     = alltrue([for group in var.enrich.triage_groups : can(regex("^[^,\\s]+$", group))])
    error_message = "enrich.triage_groups must be rule group names without commas or spaces."
  }

  validation {
    condition     = alltrue([for id in var.enrich.excluded_rule_ids : can(regex("^[0-9]{1,6}$", id))])
    error_message = "enrich.excluded_rule_ids must be Wazuh rule ids: up to six digits each."
  }

  validation {
    condition     = var.enrich.dedup_window_seconds >= 0 && var.enrich.dedup_window_seconds <= 86400 && floor(var.enrich.dedup_window_seconds) == var.enrich.dedup_window_seconds
    error_message = "enrich.dedup_window_seconds must be a whole number from 0 (off) to 86400 (a day)."
  }
}

variable "intelligence" {
  description = <<-TEXT
    The providers that are asked about indicators. One whose key is not filled in is off.
    url: base address, without the path of an endpoint. MISP is off while its url is empty.
    daily_limit: requests per UTC day, such as those of your plan; the last tenth is kept for alerts of level 10 and above.
    null only counts them (AbuseIPDB: 1000, its free plan).
    misp.ca_bundle: certificates of the private CA that MISP's comes from, as PEM text, at most 8 KB: file("ca.pem").
    misp.trusted_organisations: whose events have the weight `misp-trusted`; names as MISP shows them.
    misp.attributes: `detection` (only those with to_ids) or `all` (others count as context).
    misp.sightings: whether MISP is told, once a day each, of indicators that it was right about. It keeps them alive, and
    tells the sharing community what meets you.
  TEXT
  type = object({
    abuseipdb = optional(object({
      url         = optional(string, "https://api.abuseipdb.com")
      daily_limit = optional(number, 1000)
    }), {})
    misp = optional(object({
      url                   = optional(string, "")
      daily_limit           = optional(number)
      ca_bundle             = optional(string, "")
      trusted_organisations = optional(list(string), [])
      attributes            = optional(string, "detection")
      sightings             = optional(bool, false)
    }), {})
    otx = optional(object({
      url         = optional(string, "https://otx.alienvault.com")
      daily_limit = optional(number)
    }), {})
  })
  default = {}

  validation {
    condition     = alltrue([for url in [var.intelligence.abuseipdb.url, var.intelligence.otx.url] : can(regex("^https?://[^\\s]+$", url))])
    error_message = "intelligence.abuseipdb.url and intelligence.otx.url must begin with https:// (or http:// for a stub of your own)."
  }

  validation {
    condition     = var.intelligence.misp.url == "" || can(regex("^https?://[^\\s]+$", var.intelligence.misp.url))
    error_message = "intelligence.misp.url must be empty or begin with https:// (or http:// for a stub of your own)."
  }

  validation {
    condition     = alltrue([for settings in values(var.intelligence) : settings.daily_limit == null ? true : settings.daily_limit >= 1 && floor(settings.daily_limit) == settings.daily_limit])
    error_message = "daily_limit must be a whole number, at least 1, or null; a provider is switched off by its key: \"unset\"."
  }

  validation {
    condition     = var.intelligence.misp.ca_bundle == "" || var.intelligence.misp.url != ""
    error_message = "intelligence.misp.ca_bundle is of no use without intelligence.misp.url."
  }

  validation {
    condition     = contains(["detection", "all"], var.intelligence.misp.attributes)
    error_message = "intelligence.misp.attributes must be detection or all."
  }

  # With a bundle that it cannot read the function takes MISP for unreachable.
  validation {
    condition = var.intelligence.misp.ca_bundle == "" ? true : (
      can(regex("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----", var.intelligence.misp.ca_bundle)) &&
      !strcontains(var.intelligence.misp.ca_bundle, "PRIVATE KEY") &&
      length(var.intelligence.misp.ca_bundle) <= 8192
    )
    error_message = "intelligence.misp.ca_bundle must be certificates in PEM, without a private key, at most 8192 bytes (the limit of SSM)."
  }

  validation {
    condition     = alltrue([for organisation in var.intelligence.misp.trusted_organisations : can(regex("^[^,\\s]([^,\r\n]*[^,\\s])?$", organisation))])
    error_message = "intelligence.misp.trusted_organisations must be names without commas, and without spaces around them."
  }
}

variable "feeds" {
  description = <<-TEXT
    Feeds of indicators that are fetched on a schedule (docs/feeds.md, docs/ingest.md). One that needs a key is off until
    its parameter is filled in: otx, misp, abuseipdb.
    Those of abuse.ch (feodo, urlhaus, threatfox) need none and send the Auth-Key in `abusech-key` once it is filled in.
    each source: enabled, and every_minutes, not less than its publisher allows.
    abuseipdb.limit: rows of the blacklist, as many as your plan has: 10000 (free, and AbuseIPDB's own default) to 500000.
    abuseipdb.least_confidence: percent from which an address is fetched, 25 to 100; for subscribers, the free plan has
    those of 100 only.
    misp_feeds: feeds in MISP's format that need no MISP, by a name of your own: url of the folder with manifest.json.
    mirrors: other addresses of spamhaus, feodo, urlhaus, threatfox, tor and warninglists.
  TEXT
  type = object({
    otx  = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 60) }), {})
    misp = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 60) }), {})
    abuseipdb = optional(object({
      enabled          = optional(bool, true)
      every_minutes    = optional(number, 360)
      limit            = optional(number)
      least_confidence = optional(number)
    }), {})
    spamhaus_drop_v4 = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 720) }), {})
    spamhaus_drop_v6 = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 720) }), {})
    feodo            = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 60) }), {})
    urlhaus          = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 60) }), {})
    threatfox        = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 60) }), {})
    tor_exits        = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 60) }), {})
    warninglists     = optional(object({ enabled = optional(bool, true), every_minutes = optional(number, 1440) }), {})
    misp_feeds       = optional(map(object({ url = string, every_minutes = optional(number, 1440) })), {})
    mirrors          = optional(map(string), {})
  })
  default = {}

  validation {
    condition = alltrue([for minimum in [
      [var.feeds.otx, 15], [var.feeds.misp, 15], [var.feeds.abuseipdb, 300], [var.feeds.spamhaus_drop_v4, 60],
      [var.feeds.spamhaus_drop_v6, 60], [var.feeds.feodo, 5], [var.feeds.urlhaus, 5], [var.feeds.threatfox, 5],
      [var.feeds.tor_exits, 60], [var.feeds.warninglists, 1440],
      ] : minimum[0].every_minutes >= minimum[1] && minimum[0].every_minutes <= 10080 && floor(minimum[0].every_minutes) == minimum[0].every_minutes
    ])
    error_message = "feeds.*.every_minutes must be whole numbers up to 10080 (a week), and at least what the publisher allows: otx, misp 15; abuseipdb 300; spamhaus_drop, tor_exits 60; feodo, urlhaus, threatfox 5; warninglists 1440."
  }

  validation {
    condition = var.feeds.abuseipdb.limit == null ? true : (
      var.feeds.abuseipdb.limit >= 1 && var.feeds.abuseipdb.limit <= 500000 && floor(var.feeds.abuseipdb.limit) == var.feeds.abuseipdb.limit
    )
    error_message = "feeds.abuseipdb.limit must be a whole number from 1 to 500000 (the largest plan's), or null for AbuseIPDB's own default."
  }

  validation {
    condition = var.feeds.abuseipdb.least_confidence == null ? true : (
      var.feeds.abuseipdb.least_confidence >= 25 && var.feeds.abuseipdb.least_confidence <= 100 && floor(var.feeds.abuseipdb.least_confidence) == var.feeds.abuseipdb.least_confidence
    )
    error_message = "feeds.abuseipdb.least_confidence must be a whole number from 25 to 100, or null. On the free plan AbuseIPDB ignores it and sends those of 100."
  }

  validation {
    condition = alltrue([for name, feed in var.feeds.misp_feeds :
      can(regex("^[a-z0-9-]{1,40}$", name)) && can(regex("^https?://[^\\s,]+$", feed.url)) && feed.every_minutes >= 60
    ])
    error_message = "feeds.misp_feeds must have names of lower-case letters, digits and hyphens, addresses with https:// that end before /manifest.json, and every_minutes of at least 60."
  }
}

variable "indicators" {
  description = <<-TEXT
    The site's word about indicators. An entry is an address, a network (198.51.100.0/24), a domain with everything below
    it, a URL, or an MD5, SHA-1 or SHA-256 hash.
    never_report: as if no alert held it: nobody is asked, nothing is said of it; such as public resolvers.
    allow: nobody is asked about it, and it is benign.
    deny: it is malicious, whatever providers say and even if it is allowed too.
    For more than fits here (2000 bytes), or without an apply: rows in the intel table, see docs/operations.md.
  TEXT
  type = object({
    never_report = optional(list(string), ["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"])
    allow        = optional(list(string), [])
    deny         = optional(list(string), [])
  })
  default = {}

  validation {
    condition = alltrue([for entry in concat(var.indicators.never_report, var.indicators.allow, var.indicators.deny) : anytrue([
      can(cidrhost("${entry}/32", 0)), # address, IPv4 or IPv6
      can(cidrhost(entry, 0)),         # network
      can(regex("^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$", entry)),
      can(regex("^(https?|ftp)://[^\\s,/]+[^\\s,]*$", entry)),
      can(regex("^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$", entry)),
    ])])
    error_message = "indicators must be addresses, networks as in 198.51.100.0/24, domains, URLs or file hashes, without commas or spaces. A URL with a comma can be a row in the intel table: see docs/operations.md."
  }

  # They share the 4 KB that Lambda has for all variables; checked here, because at the function it is known too late.
  validation {
    condition     = length(join(",", concat(var.indicators.never_report, var.indicators.allow, var.indicators.deny))) <= 2000
    error_message = "indicators may hold 2000 bytes in all, since they travel as variables of the function. Put long lists as rows into the intel table: see docs/operations.md."
  }
}

variable "verdict" {
  description = <<-TEXT
    How the verdict is reached.
    weights: percent by which a witness is believed, 0 to 100; what is not named keeps its default. Witnesses are
    `abuseipdb`, `misp`, `misp-trusted`, `otx`, `feed` (any feed without a weight of its own) and `feed-<name>`.
    suspicious_from, malicious_from: lowest score (1 to 100) that is judged so.
  TEXT
  type = object({
    weights         = optional(map(number), {})
    suspicious_from = optional(number, 35)
    malicious_from  = optional(number, 75)
  })
  default = {}

  validation {
    condition     = alltrue([for witness in keys(var.verdict.weights) : can(regex("^(abuseipdb|misp|misp-trusted|otx|feed|feed-[a-z0-9._-]+)$", witness))])
    error_message = "verdict.weights must name abuseipdb, misp, misp-trusted, otx, feed or feed-<name>, in lower case."
  }

  validation {
    condition     = alltrue([for percent in values(var.verdict.weights) : percent >= 0 && percent <= 100 && floor(percent) == percent])
    error_message = "verdict.weights must be whole percentages from 0 to 100."
  }

  validation {
    condition     = alltrue([for score in [var.verdict.suspicious_from, var.verdict.malicious_from] : score >= 1 && score <= 100 && floor(score) == score])
    error_message = "verdict.suspicious_from and verdict.malicious_from must be whole numbers from 1 to 100."
  }

  validation {
    condition     = var.verdict.malicious_from > var.verdict.suspicious_from
    error_message = "verdict.malicious_from must be above verdict.suspicious_from."
  }
}

variable "site_notes" {
  description = <<-TEXT
    What you know about your hosts, for the assessment and the model. Nothing in it lowers a priority.
    environment: what is normal at your site, in your words; every prompt holds it.
    assets: hosts by agent name and agent labels (* is any text), their criticality (normal, high or critical), and a note.
    windows: announced work on hosts, from and until a time such as 2026-10-03T20:00:00Z, and a note. Context only.
  TEXT
  type = object({
    environment = optional(string, "")
    assets = optional(list(object({
      agent       = optional(string, "*")
      labels      = optional(map(string), {})
      criticality = optional(string, "normal")
      note        = string
    })), [])
    windows = optional(list(object({
      agent = optional(string, "*")
      from  = string
      until = string
      note  = string
    })), [])
  })
  default = {}

  validation {
    condition     = alltrue([for asset in var.site_notes.assets : contains(["normal", "high", "critical"], asset.criticality)])
    error_message = "site_notes.assets[*].criticality must be normal, high or critical."
  }

  validation {
    condition     = length(jsonencode(var.site_notes)) <= 2500
    error_message = "site_notes must be at most 2,500 characters of JSON: a function has 4 KB for all its settings."
  }
}

variable "model" {
  description = <<-TEXT
    The language model: any server that speaks the OpenAI API (docs/models.md has settings for OpenAI, Azure, Bedrock, Ollama and vLLM).
    url: its base address, up to and with the version.
    name: the model; on Azure the deployment.
    large_name: a better model for the alerts that deserve it.
    dialect: `responses` or `chat`; `auto` takes responses for OpenAI and chat for everybody else.
    auth: `bearer` or `api-key` (Azure), with the key in an SSM parameter; `sigv4` (Amazon Bedrock, with the function's role); `none` (a server of your own).
    decoding: `json_schema`, `json_object` or `text`; `auto` begins with the first and goes down where a server refuses.
    temperature, effort: sent only when set; reasoning models refuse the first, others the second.
    bedrock_arns: with sigv4, what the function may ask: a project for bedrock-mantle, models and inference profiles for bedrock-runtime.
    redaction: what is taken out before anything leaves: `off` (a model of your own), `secrets`, or `strict`, names and inner addresses too.
    timeout_seconds: longest wait for one answer; must leave room within the timeout of analyze.
  TEXT
  type = object({
    url             = optional(string, "https://api.openai.com/v1")
    name            = optional(string, "gpt-5.4-mini")
    large_name      = optional(string, "")
    dialect         = optional(string, "auto")
    auth            = optional(string, "bearer")
    decoding        = optional(string, "auto")
    temperature     = optional(number)
    effort          = optional(string, "")
    bedrock_arns    = optional(list(string), [])
    redaction       = optional(string, "secrets")
    timeout_seconds = optional(number, 20)
  })
  default = {}

  validation {
    condition     = can(regex("^https?://[^\\s@]+$", var.model.url))
    error_message = "model.url must begin with https:// (or http:// for a server of your own) and must hold no key."
  }

  validation {
    condition     = length(var.model.name) > 0
    error_message = "model.name must not be empty."
  }

  validation {
    condition     = contains(["auto", "responses", "chat"], var.model.dialect)
    error_message = "model.dialect must be auto, responses or chat."
  }

  validation {
    condition     = contains(["bearer", "api-key", "sigv4", "none"], var.model.auth)
    error_message = "model.auth must be bearer, api-key, sigv4 or none."
  }

  validation {
    condition     = contains(["auto", "json_schema", "json_object", "text"], var.model.decoding)
    error_message = "model.decoding must be auto, json_schema, json_object or text."
  }

  validation {
    condition     = contains(["off", "secrets", "strict"], var.model.redaction)
    error_message = "model.redaction must be off, secrets or strict."
  }

  validation {
    condition     = (var.model.auth == "sigv4") == (length(var.model.bedrock_arns) > 0)
    error_message = "model.bedrock_arns belongs to auth = \"sigv4\", and must name there what the function may ask."
  }

  validation {
    condition     = var.model.auth != "sigv4" || can(regex("^https://([^/]+\\.)?bedrock-(mantle|runtime|runtime-fips)\\.", var.model.url))
    error_message = "model.auth = \"sigv4\" is for Amazon Bedrock: model.url must be https://bedrock-mantle.REGION.api.aws/openai/v1 or https://bedrock-runtime.REGION.amazonaws.com/openai/v1."
  }

  validation {
    condition     = alltrue([for arn in var.model.bedrock_arns : can(regex("^arn:aws[a-z-]*:bedrock(-mantle)?:", arn))])
    error_message = "model.bedrock_arns must be ARNs of Amazon Bedrock."
  }

  validation {
    condition     = var.model.timeout_seconds >= 1 && var.model.timeout_seconds + 10 <= var.functions.analyze.timeout_seconds
    error_message = "model.timeout_seconds must be at least 1 and 10 s below functions.analyze.timeout_seconds."
  }
}

variable "economy" {
  description = <<-TEXT
    What the model may cost. See docs/analysis-economy.md.
    reuse_hours: how long an answer is used for alerts that ask the same, 0 (off) to 168.
    min_priority: from which priority on a model is asked: low, medium, high or critical.
    daily_tokens, daily_usd: limits for one UTC day, whichever is reached first; "unlimited" for none, 0 for no model.
    prices: dollars for a million tokens, by the model's name as in `model`, and the day on which they were true. `cached`
    is `input` if it is missing. A model without a price uses up its budget as if it were dearer than any.
    audit_days: how long the record of an analysis is kept, 0 (off) to 3650.
  TEXT
  type = object({
    reuse_hours  = optional(number, 24)
    min_priority = optional(string, "low")
    daily_tokens = optional(string, "5000000")
    daily_usd    = optional(string, "5")
    prices = optional(object({
      as_of = string
      usd_per_million_tokens = map(object({
        input  = number
        cached = optional(number)
        output = number
      }))
      }), {
      as_of = "2026-07-01"
      usd_per_million_tokens = {
        "gpt-5.5"      = { input = 5, cached = 0.5, output = 30 }
        "gpt-5.4"      = { input = 2.5, cached = 0.25, output = 15 }
        "gpt-5.4-mini" = { input = 0.75, cached = 0.075, output = 4.5 }
        "gpt-5.4-nano" = { input = 0.2, cached = 0.02, output = 1.25 }
      }
    })
    audit_days = optional(number, 90)
  })
  default = {}

  validation {
    condition     = var.economy.reuse_hours >= 0 && var.economy.reuse_hours <= 168 && floor(var.economy.reuse_hours) == var.economy.reuse_hours
    error_message = "economy.reuse_hours must be a whole number from 0 (off) to 168 (a week)."
  }

  validation {
    condition     = contains(["low", "medium", "high", "critical"], var.economy.min_priority)
    error_message = "economy.min_priority must be low, medium, high or critical."
  }

  validation {
    condition     = can(regex("^([0-9]{1,15}|unlimited)$", var.economy.daily_tokens))
    error_message = "economy.daily_tokens must be a whole number from 0 up, or \"unlimited\"."
  }

  validation {
    condition     = can(regex("^([0-9]{1,6}([.][0-9]{1,6})?|unlimited)$", var.economy.daily_usd))
    error_message = "economy.daily_usd must be an amount such as 5 or 2.50 below a million, or \"unlimited\"."
  }

  validation {
    condition     = can(regex("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", var.economy.prices.as_of)) && can(timeadd("${var.economy.prices.as_of}T00:00:00Z", "0h"))
    error_message = "economy.prices.as_of must be the day on which the prices were true, as in 2026-07-01."
  }

  validation {
    condition     = alltrue(flatten([for price in values(var.economy.prices.usd_per_million_tokens) : [for dollars in [price.input, coalesce(price.cached, 0), price.output] : dollars >= 0 && dollars <= 10000]]))
    error_message = "economy.prices must be 0 to 10000 dollars for a million tokens."
  }

  validation {
    condition     = length(jsonencode(var.economy.prices)) <= 1000
    error_message = "economy.prices may hold 1000 bytes, since it travels as a variable of the function: keep the models you use."
  }

  validation {
    condition     = var.economy.audit_days >= 0 && var.economy.audit_days <= 3650 && floor(var.economy.audit_days) == var.economy.audit_days
    error_message = "economy.audit_days must be a whole number from 0 (off) to 3650."
  }
}

variable "incidents" {
  description = <<-TEXT
    How often an incident tells about itself while alerts come. See docs/incidents.md.
    update_after: its silence after the first mail, after the first update and so on; the last one stays. Escalations come at once.
  TEXT
  type = object({
    update_after = optional(list(string), ["5m", "30m", "4h", "24h"])
  })
  default = {}

  validation {
    condition     = length(var.incidents.update_after) > 0 && alltrue([for silence in var.incidents.update_after : can(regex("^[1-9][0-9]{0,3}[smh]$", silence))])
    error_message = "incidents.update_after must be times such as [\"5m\", \"30m\", \"4h\", \"24h\"]."
  }

  validation {
    condition = try(
      alltrue([for silence in var.incidents.update_after : tonumber(regex("^[0-9]+", silence)) * { s = 1, m = 60, h = 3600 }[regex("[smh]$", silence)] <= 604800]) &&
      join(",", [for silence in var.incidents.update_after : format("%07d", tonumber(regex("^[0-9]+", silence)) * { s = 1, m = 60, h = 3600 }[regex("[smh]$", silence)])])
      == join(",", sort([for silence in var.incidents.update_after : format("%07d", tonumber(regex("^[0-9]+", silence)) * { s = 1, m = 60, h = 3600 }[regex("[smh]$", silence)])])),
      false,
    )
    error_message = "incidents.update_after must hold no time shorter than the one before, and none longer than 168h."
  }
}

variable "dashboard_url" {
  description = "Base address of the Wazuh dashboard, for the link in the mail; empty for no link."
  type        = string
  default     = ""

  validation {
    condition     = var.dashboard_url == "" || can(regex("^https?://[^\\s]+$", var.dashboard_url))
    error_message = "dashboard_url must be empty or begin with https:// or http://."
  }
}

variable "observability" {
  description = <<-TEXT
    Alarms, dashboard, budget and canary: see modules/observability and docs/runbooks.
    notify: who is told of an alarm: emails, or a topic_arn of yours.
    runbooks_url: where your copy of docs/runbooks is.
    budget: monthly_usd and who is told; null: none.
    canary: a synthetic alert every hour. to: who gets its mail; SES's own mailbox simulator takes and drops it, also in the
    sandbox. silence_hours: after how long without one the alarm sounds.
    traces: an OpenTelemetry collector that takes OTLP over HTTP, in JSON (docs/operations.md); null: none. endpoint: its address,
    to which /v1/traces is added. headers: it wants headers, such as a key: put them into the SSM parameter /NAME/traces-headers as
    NAME=VALUE,NAME=VALUE. sample_ratio: share of alerts that are traced. resource_attributes: what every span says of itself.
    xray: Lambda reports each run of a function to AWS X-Ray: how long it waited, started and ran, nothing of what it did.
  TEXT
  type = object({
    enabled      = optional(bool, true)
    notify       = optional(object({ emails = optional(list(string), []), topic_arn = optional(string), topic_key_arn = optional(string) }), {})
    runbooks_url = optional(string, "https://github.com/wazuh-triage/wazuh-triage/blob/main/docs/runbooks")
    dashboard    = optional(bool, true)
    budget = optional(object({
      monthly_usd = number
      emails      = optional(list(string), [])
      cost_tag    = optional(object({ key = string, value = string }))
    }))
    canary = optional(object({
      enabled       = optional(bool, true)
      to            = optional(string, "success@simulator.amazonses.com")
      silence_hours = optional(number, 3)
    }), {})
    traces = optional(object({
      endpoint            = string
      headers             = optional(bool, false)
      sample_ratio        = optional(number, 1)
      resource_attributes = optional(map(string), {})
    }))
    xray = optional(bool, false)
  })
  default = {}

  validation {
    condition     = can(regex("^[^@\\s,;<>\"]+@[^@\\s,;<>\"]+$", var.observability.canary.to))
    error_message = "observability.canary.to must be a plain address such as canary@example.com."
  }

  validation {
    condition     = contains(range(1, 25), var.observability.canary.silence_hours)
    error_message = "observability.canary.silence_hours must be a whole number from 1 to 24."
  }

  validation {
    condition     = !var.observability.canary.enabled || !contains(var.mail_routes.groups[*].name, "canary")
    error_message = "mail_routes has a group called canary: that name belongs to observability.canary."
  }

  validation {
    condition     = var.observability.traces == null ? true : can(regex("^https?://[^\\s/@?#]+(/[^\\s@?#]*)?$", var.observability.traces.endpoint))
    error_message = "observability.traces.endpoint must be an address such as https://collector.example.com:4318, without a user, a password or a query."
  }

  validation {
    condition     = var.observability.traces == null ? true : !var.observability.traces.headers || startswith(var.observability.traces.endpoint, "https://")
    error_message = "observability.traces.headers are a secret: the endpoint must begin with https://, or they would be sent in clear."
  }

  validation {
    condition     = var.observability.traces == null ? true : var.observability.traces.sample_ratio >= 0 && var.observability.traces.sample_ratio <= 1
    error_message = "observability.traces.sample_ratio must be a number from 0 to 1."
  }

  validation {
    condition     = var.observability.traces == null ? true : alltrue([for name in keys(var.observability.traces.resource_attributes) : can(regex("^[A-Za-z0-9._-]+$", name))])
    error_message = "observability.traces.resource_attributes must have names such as deployment.environment.name."
  }
}

variable "dashboard_alert_path" {
  description = "Path on the dashboard that shows one alert, with `{id}` and perhaps `{from}` and `{to}`; empty for that of Wazuh 4.8 and later. See docs/mail.md."
  type        = string
  default     = ""

  validation {
    condition     = var.dashboard_alert_path == "" || (can(regex("^/[^/]", var.dashboard_alert_path)) && strcontains(var.dashboard_alert_path, "{id}"))
    error_message = "dashboard_alert_path must begin with one / and hold {id}, or every mail would have the same link."
  }
}

variable "dashboard_host_path" {
  description = "Path on the dashboard that shows the alerts of one host, with `{agent_id}` and perhaps `{from}` and `{to}`; empty for that of Wazuh 4.8 and later."
  type        = string
  default     = ""

  validation {
    condition     = var.dashboard_host_path == "" || (can(regex("^/[^/]", var.dashboard_host_path)) && strcontains(var.dashboard_host_path, "{agent_id}"))
    error_message = "dashboard_host_path must begin with one / and hold {agent_id}, or every mail would have the same link."
  }
}

variable "documentation_addresses" {
  description = "How addresses of the documentation ranges (203.0.113.0/24 and friends) count: `reserved`, as on the internet, or `public`, so that examples and tests can use them."
  type        = string
  default     = "reserved"

  validation {
    condition     = contains(["reserved", "public"], var.documentation_addresses)
    error_message = "documentation_addresses must be reserved or public."
  }
}

variable "hunting" {
  description = <<-TEXT
    What is unusual for an account (docs/hunting.md).
    failures: failed attempts for an account from one place before a success, 2 to 1000.
    sprayed_accounts: accounts that fail from one place, 3 to 200.
    window_minutes: within which failures count together, 5 to 720.
    travel_kmh: nobody is faster, 100 to 10000.
    learning_days: how long an account is watched before something new means something, 1 to 365.
    dormant_days: without a login for so long an account sleeps, 7 to 365.
    networks_at_once: networks from which an account logs in within 15 minutes, 2 to 50.
    min_score: findings below are not told, 0 to 100.
    ignored_accounts: names, or beginnings such as `svc-*`, that are never looked at.
    shared_accounts: names that belong to nobody: each host's is one of its own.
    trusted_networks: the site's own networks and the exits of its VPN.
  TEXT
  type = object({
    failures         = optional(number, 5)
    sprayed_accounts = optional(number, 8)
    window_minutes   = optional(number, 60)
    travel_kmh       = optional(number, 900)
    learning_days    = optional(number, 14)
    dormant_days     = optional(number, 45)
    networks_at_once = optional(number, 3)
    min_score        = optional(number, 40)
    ignored_accounts = optional(list(string), [])
    shared_accounts  = optional(list(string), ["root", "administrator", "admin", "ubuntu", "ec2-user", "debian", "centos"])
    trusted_networks = optional(list(string), [])
  })
  default = {}

  validation {
    condition = alltrue([for limit in [
      [var.hunting.failures, 2, 1000], [var.hunting.sprayed_accounts, 3, 200], [var.hunting.window_minutes, 5, 720],
      [var.hunting.travel_kmh, 100, 10000], [var.hunting.learning_days, 1, 365], [var.hunting.dormant_days, 7, 365],
      [var.hunting.networks_at_once, 2, 50], [var.hunting.min_score, 0, 100],
    ] : limit[0] >= limit[1] && limit[0] <= limit[2] && floor(limit[0]) == limit[0]])
    error_message = "A number of hunting is not whole, or not within its limits; the description has them."
  }

  validation {
    condition     = alltrue([for account in concat(var.hunting.ignored_accounts, var.hunting.shared_accounts) : can(regex("^[^*,\\s][^*,]*\\*?$", account))])
    error_message = "hunting.ignored_accounts and hunting.shared_accounts must be names such as svc-backup or beginnings such as svc-*."
  }

  validation {
    condition     = alltrue([for network in var.hunting.trusted_networks : can(cidrhost(strcontains(network, "/") ? network : "${network}${strcontains(network, ":") ? "/128" : "/32"}", 0))])
    error_message = "hunting.trusted_networks must be addresses or networks such as 198.51.100.0/24."
  }
}

variable "functions" {
  description = <<-TEXT
    Size and pace of each function.
    timeout_seconds: longest run of one batch (1 to 900); queues and leases follow it.
    memory_mb: 128 to 10240.
    batch_size: most messages in one run; above 10 only with a batching window.
    batching_window_seconds: wait for a fuller batch, 0 to 300.
    maximum_concurrency: most copies at the same time, 2 to 1000.
  TEXT
  type = object({
    enrich = optional(object({
      timeout_seconds         = optional(number, 30)
      memory_mb               = optional(number, 128)
      batch_size              = optional(number, 10)
      batching_window_seconds = optional(number, 0)
      maximum_concurrency     = optional(number, 10)
    }), {})
    analyze = optional(object({
      timeout_seconds         = optional(number, 60)
      memory_mb               = optional(number, 128)
      batch_size              = optional(number, 5) # each may wait for the model
      batching_window_seconds = optional(number, 0)
      maximum_concurrency     = optional(number, 5)
    }), {})
    notify = optional(object({
      timeout_seconds         = optional(number, 30)
      memory_mb               = optional(number, 128)
      batch_size              = optional(number, 10)
      batching_window_seconds = optional(number, 0)
      maximum_concurrency     = optional(number, 2)
    }), {})
    ingest = optional(object({
      timeout_seconds = optional(number, 900)
      memory_mb       = optional(number, 1024) # a feed of a million rows is held in memory
    }), {})
    hunt = optional(object({ # a schedule calls it
      timeout_seconds = optional(number, 120)
      memory_mb       = optional(number, 256)
    }), {})
  })
  default = {}

  validation {
    condition     = var.functions.ingest.timeout_seconds >= 180 && var.functions.ingest.timeout_seconds <= 900
    error_message = "functions.ingest.timeout_seconds must be 180 to 900: a step takes up to a minute, and so does publishing."
  }
}

variable "max_receive_count" {
  description = "Tries before a message goes to its dead-letter queue, 3 to 1000."
  type        = number
  default     = 5

  validation {
    condition     = var.max_receive_count >= 3 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be 3 to 1000: a throttled start also counts as a try."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the tables until this is set to false and applied."
  type        = bool
  default     = false
}

variable "log_level" {
  description = "What the functions log: trace, debug, info, warn or error."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["trace", "debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be trace, debug, info, warn or error."
  }
}

variable "log_retention_days" {
  description = "Days the logs of the functions are kept; one of the periods CloudWatch Logs knows, such as 7, 30, 90 or 365."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 and further to 3653."
  }
}

variable "network" {
  description = <<-TEXT
    Puts functions into a VPC, where they reach nothing but what they use (docs/security.md). By default none is in one.
    zones: makes a VPC without a way to the internet, with a subnet in each of these availability zones, and the endpoints of
    AWS that the functions inside use. cidr: its addresses, /16 to /25.
    subnet_ids, security_group_ids: subnets and security groups of yours instead. They must lead to the services that the output
    `network` names, by endpoints or by what you have. internet: they lead to everything else, too: a NAT, a firewall.
    functions: who is inside: enrich, analyze, notify, hunt, ingest. null: all whose hosts are reached from there.
    without_internet: hosts that need no way to the internet, because the subnets lead to them (a MISP or a model of yours), or
    because they are never asked: the key of their provider stays unset.
  TEXT
  type = object({
    zones              = optional(list(string), [])
    cidr               = optional(string, "10.117.0.0/24")
    subnet_ids         = optional(list(string), [])
    security_group_ids = optional(list(string), [])
    internet           = optional(bool, false)
    functions          = optional(set(string))
    without_internet   = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = length(var.network.zones) == 0 || length(var.network.subnet_ids) + length(var.network.security_group_ids) == 0
    error_message = "network takes zones, for a VPC that is made, or subnet_ids and security_group_ids of one that exists, not both."
  }

  validation {
    condition     = (length(var.network.subnet_ids) > 0) == (length(var.network.security_group_ids) > 0)
    error_message = "network.subnet_ids and network.security_group_ids belong together: Lambda takes none without the other."
  }

  validation {
    condition     = length(var.network.zones) == 0 || length(distinct(var.network.zones)) >= 2
    error_message = "network.zones must be at least two availability zones, so that one may fail."
  }

  validation {
    condition = alltrue(concat(
      [for id in var.network.subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))],
      [for id in var.network.security_group_ids : can(regex("^sg-[0-9a-f]+$", id))],
    ))
    error_message = "network.subnet_ids must be ids such as subnet-0123456789abcdef0, and network.security_group_ids such as sg-0123456789abcdef0."
  }

  validation {
    condition     = !var.network.internet || length(var.network.subnet_ids) > 0
    error_message = "network.internet says something about subnets of yours: a VPC that is made here leads nowhere else."
  }

  validation {
    condition     = var.network.functions == null ? true : length(var.network.functions) > 0 && length(setsubtract(var.network.functions, ["enrich", "analyze", "notify", "hunt", "ingest"])) == 0
    error_message = "network.functions must name some of enrich, analyze, notify, hunt and ingest, or be null."
  }

  validation {
    condition     = alltrue([for host in var.network.without_internet : can(regex("^[^\\s/:]+$|^\\[[0-9a-fA-F:]+\\]$", host))])
    error_message = "network.without_internet must be hosts as they stand in an address, such as misp.example.internal, without scheme, port or path."
  }
}

variable "kms_key_arn" {
  description = "KMS key of your own, in this region, that encrypts queues, tables, bucket, logs, variables, parameters, topics and schedules; null: keys of AWS. Its policy must say what the output `key_policy` says, before it is used here (docs/security.md)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID), not of an alias: permissions for an alias mean nothing."
  }
}

variable "tags" {
  description = "Tags of everything in this module."
  type        = map(string)
  default     = {}
}
