# A mock gives every resource of a type the same ARN; the overrides tell the queues and tables apart.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::feeds" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mail-events" }
  }
  mock_resource "aws_ses_configuration_set" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:configuration-set/mail-events" }
  }
}

override_resource {
  target = module.mail_events[0].module.queue.aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:mail-events", url = "https://sqs/mail-events" }
}

override_resource {
  target = module.mail_events[0].module.queue.aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:mail-events-dlq", url = "https://sqs/mail-events-dlq" }
}

override_resource {
  target = module.queues["alerts"].aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:alerts", url = "https://sqs/alerts" }
}

override_resource {
  target = module.queues["alerts"].aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:alerts-dlq", url = "https://sqs/alerts-dlq" }
}

override_resource {
  target = module.queues["enriched"].aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:enriched", url = "https://sqs/enriched" }
}

override_resource {
  target = module.queues["enriched"].aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:enriched-dlq", url = "https://sqs/enriched-dlq" }
}

override_resource {
  target = module.queues["notices"].aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:notices", url = "https://sqs/notices" }
}

override_resource {
  target = module.queues["notices"].aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:notices-dlq", url = "https://sqs/notices-dlq" }
}

override_resource {
  target = module.queues["feedback"].aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:feedback", url = "https://sqs/feedback" }
}

override_resource {
  target = module.queues["feedback"].aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:feedback-dlq", url = "https://sqs/feedback-dlq" }
}

override_resource {
  target = module.tables.aws_dynamodb_table.this["claims"]
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/claims" }
}

override_resource {
  target = module.tables.aws_dynamodb_table.this["intel"]
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/intel" }
}

override_resource {
  target = module.tables.aws_dynamodb_table.this["incidents"]
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/incidents" }
}

override_resource {
  target = module.tables.aws_dynamodb_table.this["analyses"]
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/analyses" }
}

override_resource {
  target = module.tables.aws_dynamodb_table.this["sightings"]
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/sightings" }
}

override_resource {
  target = module.tables.aws_dynamodb_table.this["deliveries"]
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/deliveries" }
}

override_resource {
  target = aws_ssm_parameter.key["abuseipdb"]
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/abuseipdb" }
}

override_resource {
  target = aws_ssm_parameter.key["abusech"]
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/abusech" }
}

override_resource {
  target = aws_ssm_parameter.key["misp"]
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/misp" }
}

override_resource {
  target = aws_ssm_parameter.key["otx"]
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/otx" }
}

override_resource {
  target = aws_ssm_parameter.webhook
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/webhook" }
}

override_resource {
  target = aws_ssm_parameter.traces_headers
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/traces-headers" }
}

override_resource {
  target = aws_ssm_parameter.misp_ca
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/misp-ca" }
}

override_resource {
  target = aws_ssm_parameter.key["model"]
  values = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/model" }
}

variables {
  artifacts = {
    enrich  = { s3_bucket = "releases", s3_key = "enrich.zip", s3_object_version = "1" }
    analyze = { s3_bucket = "releases", s3_key = "analyze.zip", s3_object_version = "1" }
    notify  = { s3_bucket = "releases", s3_key = "notify.zip", s3_object_version = "1" }
    ingest  = { s3_bucket = "releases", s3_key = "ingest.zip", s3_object_version = "1" }
    hunt    = { s3_bucket = "releases", s3_key = "hunt.zip", s3_object_version = "1" }
  }

  mail = {
    from         = "triage@example.com"
    to           = ["first@example.com", "second@example.com"]
    identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/triage@example.com"
  }
}

run "every_queue_has_a_dead_letter_queue_and_hides_messages_long_enough" {
  assert {
    condition     = { for queue, module in module.queues : queue => module.dead_letter_arn } == { for queue in ["alerts", "enriched", "notices", "feedback"] : queue => "arn:aws:sqs:eu-central-1:123456789012:${queue}-dlq" }
    error_message = "Every queue must have a DLQ of its own."
  }

  assert {
    condition     = { for queue, module in module.queues : queue => module.source.visibility_timeout_seconds } == { alerts = 180, enriched = 360, notices = 180, feedback = 60 }
    error_message = "A queue must hide messages 6 times the timeout of the function that reads it."
  }
}

run "the_functions_are_told_what_they_expect" {
  assert {
    condition = module.enrich.environment == {
      CLAIMS_TABLE               = "wazuh-triage-claims"
      DEAD_LETTER_QUEUE_URL      = "https://sqs/alerts-dlq"
      LEASE_SECONDS              = "30"
      LOG_LEVEL                  = "info"
      METRICS_NAMESPACE          = "WazuhTriage"
      INTEL_TABLE                = "wazuh-triage-intel"
      SIGHTINGS_TABLE            = "wazuh-triage-sightings"
      LOOK_UP_LOGINS             = "success"
      ENRICHED_QUEUE_URL         = "https://sqs/enriched"
      FEEDBACK_QUEUE_URL         = "https://sqs/feedback"
      SNAPSHOT_BUCKET            = "wazuh-triage-feeds-123456789012"
      SNAPSHOT_KEY               = "snapshot/current"
      SNAPSHOT_REFRESH_SECONDS   = "300"
      MIN_LEVEL                  = "6"
      TRIAGE_GROUPS              = ""
      EXCLUDED_RULE_IDS          = "31530,31531"
      FORWARD_LEVEL              = "7"
      DEDUP_WINDOW_SECONDS       = "3600"
      ABUSEIPDB_URL              = "https://api.abuseipdb.com"
      ABUSEIPDB_KEY_PARAMETER    = "/wazuh-triage/abuseipdb-key"
      OTX_URL                    = "https://otx.alienvault.com"
      OTX_KEY_PARAMETER          = "/wazuh-triage/otx-key"
      MISP_URL                   = ""
      MISP_KEY_PARAMETER         = "/wazuh-triage/misp-key"
      MISP_CA_PARAMETER          = ""
      MISP_TRUSTED_ORGANISATIONS = ""
      MISP_ATTRIBUTES            = "detection"
      MISP_SIGHTINGS             = "off"
      DAILY_LIMITS               = "abuseipdb=1000"
      NEVER_REPORT               = "1.1.1.1,1.0.0.1,8.8.8.8,8.8.4.4,9.9.9.9"
      ALLOW_LIST                 = ""
      DENY_LIST                  = ""
      DOCUMENTATION_ADDRESSES    = "reserved"
      VERDICT_WEIGHTS            = ""
      SUSPICIOUS_FROM            = "35"
      MALICIOUS_FROM             = "75"
    }
    error_message = "The environment of enrich is not the one its program reads."
  }

  assert {
    condition = module.analyze.environment == {
      CLAIMS_TABLE          = "wazuh-triage-claims"
      DEAD_LETTER_QUEUE_URL = "https://sqs/enriched-dlq"
      LEASE_SECONDS         = "60"
      LOG_LEVEL             = "info"
      METRICS_NAMESPACE     = "WazuhTriage"
      INCIDENTS_TABLE       = "wazuh-triage-incidents"
      SIGHTINGS_TABLE       = "wazuh-triage-sightings"
      NOTICES_QUEUE_URL     = "https://sqs/notices"
      MODEL_URL             = "https://api.openai.com/v1"
      MODEL_NAME            = "gpt-5.4-mini"
      MODEL_LARGE_NAME      = ""
      MODEL_DIALECT         = "auto"
      MODEL_AUTH            = "bearer"
      MODEL_DECODING        = "auto"
      MODEL_TEMPERATURE     = ""
      MODEL_EFFORT          = ""
      MODEL_KEY_PARAMETER   = "/wazuh-triage/model-key"
      MODEL_TIMEOUT_SECONDS = "20"
      REDACTION             = "secrets"
      UPDATE_AFTER          = "5m,30m,4h,24h"
      SITE_NOTES            = jsonencode({ environment = "", assets = [], windows = [] })
      ANALYSES_TABLE        = "wazuh-triage-analyses"
      MODEL_MIN_PRIORITY    = "low"
      MODEL_DAILY_TOKENS    = "5000000"
      MODEL_DAILY_USD       = "5"
      MODEL_PRICES = jsonencode({
        as_of = "2026-07-01"
        usd_per_million_tokens = {
          "gpt-5.4"      = { input = 2.5, cached = 0.25, output = 15 }
          "gpt-5.4-mini" = { input = 0.75, cached = 0.075, output = 4.5 }
          "gpt-5.4-nano" = { input = 0.2, cached = 0.02, output = 1.25 }
          "gpt-5.5"      = { input = 5, cached = 0.5, output = 30 }
        }
      })
      ANALYSIS_REUSE_HOURS = "24"
      ANALYSIS_AUDIT_DAYS  = "90"
    }
    error_message = "The environment of analyze is not the one its program reads."
  }

  assert {
    condition = module.notify.environment == {
      CLAIMS_TABLE          = "wazuh-triage-claims"
      DEAD_LETTER_QUEUE_URL = "https://sqs/notices-dlq"
      LEASE_SECONDS         = "30"
      LOG_LEVEL             = "info"
      METRICS_NAMESPACE     = "WazuhTriage"
      MAIL_FROM             = "triage@example.com"
      MAIL_TO               = "first@example.com,second@example.com"
      MAIL_REPLY_TO         = ""
      MAIL_TIME_ZONE        = "UTC"
      MAIL_PRIVACY          = "full"
      MAIL_ATTACHMENT       = "json"
      MAIL_SUBJECT          = "[{priority}] {where}: {title} (Wazuh {rule_id}/L{level})"
      MAIL_ROUTES           = "{\"groups\":[{\"match\":{\"rule_groups\":[\"wazuh_triage_canary\"]},\"name\":\"canary\",\"to\":[\"success@simulator.amazonses.com\"]}]}"
      DASHBOARD_URL         = ""
      DASHBOARD_ALERT_PATH  = ""
      DASHBOARD_HOST_PATH   = ""
      MISP_URL              = ""
      DELIVERIES_TABLE      = "wazuh-triage-deliveries"
      NOTICES_QUEUE_URL     = "https://sqs/notices"

      INCIDENTS_TABLE        = "wazuh-triage-incidents"
      MAIL_CONFIGURATION_SET = "wazuh-triage-mail-events"
    }
    error_message = "The environment of notify is not the one its program reads."
  }

  assert {
    condition = module.hunt.environment == {
      CLAIMS_TABLE          = "wazuh-triage-claims"
      LEASE_SECONDS         = "120"
      LOG_LEVEL             = "info"
      METRICS_NAMESPACE     = "WazuhTriage"
      SIGHTINGS_TABLE       = "wazuh-triage-sightings"
      ENRICHED_QUEUE_URL    = "https://sqs/enriched"
      FEEDBACK_QUEUE_URL    = "https://sqs/feedback"
      HUNT_FAILURES         = "5"
      HUNT_SPRAYED_ACCOUNTS = "8"
      HUNT_WINDOW_MINUTES   = "60"
      HUNT_TRAVEL_KMH       = "900"
      HUNT_LEARNING_DAYS    = "14"
      HUNT_DORMANT_DAYS     = "45"
      HUNT_NETWORKS_AT_ONCE = "3"
      HUNT_MIN_SCORE        = "40"
      HUNT_IGNORED_ACCOUNTS = ""
      HUNT_SHARED_ACCOUNTS  = "root,administrator,admin,ubuntu,ec2-user,debian,centos"
      HUNT_TRUSTED_NETWORKS = ""
    }
    error_message = "The environment of hunt is not the one its program reads."
  }
}

run "no_policy_reaches_beyond_its_stage" {
  # Sid => resources; the statements that every function has are tested in the function module.
  assert {
    condition = { for statement in jsondecode(module.enrich.policy).Statement : statement.Sid => join(" ", statement.Resource) if statement.Sid != "WriteOwnLog" } == {
      ReadSourceQueue  = "arn:aws:sqs:eu-central-1:123456789012:alerts"
      DeadLetterAtOnce = "arn:aws:sqs:eu-central-1:123456789012:alerts-dlq"
      Claim            = "arn:aws:dynamodb:eu-central-1:123456789012:table/claims"
      Intelligence     = "arn:aws:dynamodb:eu-central-1:123456789012:table/intel"
      RecordSightings  = "arn:aws:dynamodb:eu-central-1:123456789012:table/sightings"
      HandOn           = "arn:aws:sqs:eu-central-1:123456789012:enriched arn:aws:sqs:eu-central-1:123456789012:feedback"
      ReadParameters   = "arn:aws:ssm:eu-central-1:123456789012:parameter/abuseipdb arn:aws:ssm:eu-central-1:123456789012:parameter/misp arn:aws:ssm:eu-central-1:123456789012:parameter/otx"
      LoadSnapshot     = "arn:aws:s3:::feeds/snapshot/current arn:aws:s3:::feeds/snapshot/warninglists"
      SeeWhatIsMissing = "arn:aws:s3:::feeds"
    }
    error_message = "enrich may touch something else than its own queues, tables and keys."
  }

  assert {
    condition = { for statement in jsondecode(module.enrich.policy).Statement : statement.Sid => join(" ", statement.Action) if contains(["Claim", "Intelligence", "RecordSightings", "HandOn", "ReadParameters", "LoadSnapshot", "SeeWhatIsMissing"], statement.Sid) } == {
      Claim            = "dynamodb:UpdateItem"
      Intelligence     = "dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem"
      RecordSightings  = "dynamodb:PutItem"
      HandOn           = "sqs:SendMessage"
      ReadParameters   = "ssm:GetParameter"
      LoadSnapshot     = "s3:GetObject"
      SeeWhatIsMissing = "s3:ListBucket"
    }
    error_message = "enrich may do something else than its program does."
  }

  assert {
    condition = { for statement in jsondecode(module.analyze.policy).Statement : statement.Sid => join(" ", statement.Resource) if statement.Sid != "WriteOwnLog" } == {
      ReadSourceQueue  = "arn:aws:sqs:eu-central-1:123456789012:enriched"
      DeadLetterAtOnce = "arn:aws:sqs:eu-central-1:123456789012:enriched-dlq"
      Claim            = "arn:aws:dynamodb:eu-central-1:123456789012:table/claims"
      CountAndTell     = "arn:aws:dynamodb:eu-central-1:123456789012:table/incidents"
      FindDue          = "arn:aws:dynamodb:eu-central-1:123456789012:table/incidents/index/due"
      ReadSightings    = "arn:aws:dynamodb:eu-central-1:123456789012:table/sightings"
      Economise        = "arn:aws:dynamodb:eu-central-1:123456789012:table/analyses"
      HandOn           = "arn:aws:sqs:eu-central-1:123456789012:notices"
      ReadKey          = "arn:aws:ssm:eu-central-1:123456789012:parameter/model"
    }
    error_message = "analyze may touch something else than its own queues, tables and key."
  }

  assert {
    condition = { for statement in jsondecode(module.analyze.policy).Statement : statement.Sid => join(" ", statement.Action) if contains(["Claim", "CountAndTell", "FindDue", "ReadSightings", "HandOn", "ReadKey"], statement.Sid) } == {
      Claim         = "dynamodb:UpdateItem"
      CountAndTell  = "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem"
      FindDue       = "dynamodb:Query"
      ReadSightings = "dynamodb:Query"
      HandOn        = "sqs:SendMessage"
      ReadKey       = "ssm:GetParameter"
    }
    error_message = "analyze may do something else than its program does."
  }

  assert {
    condition = { for statement in jsondecode(module.notify.policy).Statement : statement.Sid => join(" ", statement.Resource) if statement.Sid != "WriteOwnLog" } == {
      ReadSourceQueue  = "arn:aws:sqs:eu-central-1:123456789012:notices"
      DeadLetterAtOnce = "arn:aws:sqs:eu-central-1:123456789012:notices-dlq"
      Claim            = "arn:aws:dynamodb:eu-central-1:123456789012:table/claims"
      RecordDeliveries = "arn:aws:dynamodb:eu-central-1:123456789012:table/deliveries"
      BringBack        = "arn:aws:sqs:eu-central-1:123456789012:notices"
      SendMail         = "arn:aws:ses:eu-central-1:123456789012:identity/triage@example.com arn:aws:ses:eu-central-1:123456789012:configuration-set/mail-events"
      ReadMailEvents   = "arn:aws:sqs:eu-central-1:123456789012:mail-events"
      NoteTrouble      = "arn:aws:dynamodb:eu-central-1:123456789012:table/incidents"
    }
    error_message = "notify may touch something else than its own queues, tables and sender."
  }

  assert {
    condition     = one([for statement in jsondecode(module.notify.policy).Statement : statement.Condition if statement.Sid == "SendMail"]) == { StringEquals = { "ses:FromAddress" = "triage@example.com" } }
    error_message = "notify may send from one address only."
  }

  assert {
    condition     = one([for statement in jsondecode(module.notify.policy).Statement : statement.Condition if statement.Sid == "NoteTrouble"]) == { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "suppression#*" } }
    error_message = "notify may touch only the rows of recipients in the incidents table."
  }

  assert {
    condition = { for statement in jsondecode(module.hunt.policy).Statement : statement.Sid => "${join(" ", statement.Action)} ${join(" ", statement.Resource)}" if statement.Sid != "WriteOwnLog" } == {
      Claim         = "dynamodb:UpdateItem arn:aws:dynamodb:eu-central-1:123456789012:table/claims"
      ReadSightings = "dynamodb:GetItem dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/sightings"
      KeepHabits    = "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/sightings"
      HandOn        = "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:enriched arn:aws:sqs:eu-central-1:123456789012:feedback"
    }
    error_message = "hunt may do something else than its program does."
  }

  assert {
    condition     = one([for statement in jsondecode(module.hunt.policy).Statement : statement.Condition if statement.Sid == "KeepHabits"]) == { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "habit#*" } }
    error_message = "hunt may write habits only, and no logins."
  }

  # The streams of a log group can only be named by a trailing ":*".
  assert {
    condition = alltrue(flatten([for policy in [module.enrich.policy, module.analyze.policy, module.notify.policy, module.hunt.policy, output.publisher_policy] :
      [for statement in jsondecode(policy).Statement : [for resource in statement.Resource : !strcontains(trimsuffix(resource, ":*"), "*")]]
    ]))
    error_message = "No policy may have a wildcard in a resource."
  }

  assert {
    condition = alltrue(flatten([for policy in [module.enrich.policy, module.analyze.policy, module.notify.policy, module.hunt.policy, output.publisher_policy] :
      [for statement in jsondecode(policy).Statement : [for action in statement.Action : !strcontains(action, "*")]]
    ]))
    error_message = "No policy may have a wildcard in an action."
  }
}

run "sweeps_call_analyze_and_notify_every_minute_and_are_not_repeated" {
  assert {
    condition = module.sweep.schedules == { for function, arn in { analyze = module.analyze.arn, notify = module.notify.arn } : "wazuh-triage-sweep-${function}" => {
      expression = "rate(1 minute)", window = "OFF", target_arn = arn, input = jsonencode({ sweep = true }), retries = 0, event_age = 60
    } }
    error_message = "The schedules must call analyze and notify every minute with {\"sweep\": true}; the next one is a minute away."
  }

  assert {
    condition     = toset(jsondecode(module.sweep.policy).Statement[0].Resource) == toset([module.analyze.arn, module.notify.arn])
    error_message = "The schedules may call these two functions and nothing else."
  }
}

run "a_schedule_calls_hunt_every_quarter_of_an_hour" {
  assert {
    condition = module.hunt_schedule.schedules == { wazuh-triage-hunt = {
      expression = "rate(15 minutes)", window = "OFF", target_arn = module.hunt.arn, input = jsonencode({ hunt = {} }), retries = 0, event_age = 300
    } }
    error_message = "The schedule must call hunt every 15 minutes with {\"hunt\": {}}, and not again if it fails."
  }

  assert {
    condition     = jsondecode(module.hunt_schedule.policy).Statement[0].Resource == [module.hunt.arn]
    error_message = "The schedule may call hunt and nothing else."
  }
}

run "a_threshold_beyond_its_limits_is_refused" {
  command = plan

  variables {
    hunting = { failures = 1 }
  }

  expect_failures = [var.hunting]
}

run "an_account_that_fits_everybody_is_refused" {
  command = plan

  variables {
    hunting = { ignored_accounts = ["*"] }
  }

  expect_failures = [var.hunting]
}

run "a_trusted_network_that_is_none_is_refused" {
  command = plan

  variables {
    hunting = { trusted_networks = ["office"] }
  }

  expect_failures = [var.hunting]
}

run "an_unknown_choice_of_look_ups_is_refused" {
  command = plan

  variables {
    enrich = { look_up_logins = "all" }
  }

  expect_failures = [var.enrich]
}

run "routes_reach_notify_without_what_says_nothing" {
  command = plan

  variables {
    mail_routes = {
      mode = "record"
      groups = [
        { name = "default", limits = { per_hour = 5 } },
        {
          name        = "acme"
          to          = ["soc@acme.example"]
          match       = { tenants = ["acme"] }
          quiet_hours = { from = "20:00", to = "07:00", time_zone = "Europe/Berlin" }
          privacy     = "link"
        },
        { name = "all", to = ["all@example.com"], match = {} },
      ]
    }
  }

  assert {
    condition = jsondecode(module.notify.environment.MAIL_ROUTES) == {
      mode = "record"
      groups = [
        { name = "default", limits = { per_hour = 5 } },
        {
          name        = "acme"
          to          = ["soc@acme.example"]
          match       = { tenants = ["acme"] }
          quiet_hours = { from = "20:00", to = "07:00", time_zone = "Europe/Berlin" }
          privacy     = "link"
        },
        { name = "all", to = ["all@example.com"], match = {} },
      ]
    }
    error_message = "MAIL_ROUTES is not what was asked for."
  }
}

run "alarms_watch_everything_and_a_canary_flies" {
  command = plan

  variables {
    observability = { notify = { emails = ["oncall@example.com"] }, canary = { silence_hours = 2 } }
  }

  assert {
    condition     = length(setsubtract(["dlq-alerts", "dlq-enriched", "dlq-notices", "dlq-feedback", "errors-enrich", "errors-analyze", "errors-notify", "errors-ingest", "errors-hunt", "feed-feodo", "feed-spamhaus-drop-v4", "ledger", "canary", "sweep-notify", "dlq-mail-events"], keys(output.alarms))) == 0
    error_message = "Missing: an alarm; there are ${join(", ", keys(output.alarms))}"
  }

  assert {
    condition     = !contains(keys(output.alarms), "provider-key-misp")
    error_message = "A provider that is not there cannot fail."
  }

  assert {
    condition     = jsondecode(output.canary_alert).rule.level >= var.enrich.forward_level
    error_message = "A canary below the level from which alerts go on would never arrive."
  }
}

run "a_stage_that_only_records_has_no_canary" {
  command = plan

  variables {
    mail_routes = { mode = "record" }
  }

  assert {
    condition     = output.canary_alert == null && !contains(keys(output.alarms), "canary")
    error_message = "Where mails are recorded, no canary can arrive."
  }
}

run "the_canary_keeps_its_name" {
  command = plan

  variables {
    mail_routes = { groups = [{ name = "canary", to = ["bird@example.com"], match = {} }] }
  }

  expect_failures = [var.observability]
}

run "a_group_without_recipients_is_refused" {
  command = plan

  variables {
    mail_routes = { groups = [{ name = "soc", to = [], match = {} }] }
  }

  expect_failures = [var.mail_routes]
}

run "a_group_that_nothing_leads_to_is_refused" {
  command = plan

  variables {
    mail_routes = { groups = [{ name = "soc", to = ["soc@example.com"] }] }
  }

  expect_failures = [var.mail_routes]
}

run "two_groups_of_one_name_are_refused" {
  command = plan

  variables {
    mail_routes = { groups = [
      { name = "soc", to = ["a@example.com"], match = {} },
      { name = "soc", to = ["b@example.com"], match = {} },
    ] }
  }

  expect_failures = [var.mail_routes]
}

run "quiet_hours_that_are_no_times_are_refused" {
  command = plan

  variables {
    mail_routes = { groups = [{ name = "default", quiet_hours = { from = "8pm", to = "07:00", time_zone = "UTC" } }] }
  }

  expect_failures = [var.mail_routes]
}

run "a_limit_of_nothing_is_refused" {
  command = plan

  variables {
    mail_routes = { groups = [{ name = "default", limits = { burst = 0 } }] }
  }

  expect_failures = [var.mail_routes]
}

run "an_unknown_priority_of_a_route_is_refused" {
  command = plan

  variables {
    mail_routes = { groups = [{ name = "soc", to = ["a@example.com"], match = { min_priority = "urgent" } }] }
  }

  expect_failures = [var.mail_routes]
}

run "an_unknown_mode_is_refused" {
  command = plan

  variables {
    mail_routes = { mode = "test" }
  }

  expect_failures = [var.mail_routes]
}

run "a_group_may_be_told_in_a_chat_whose_address_nobody_else_may_read" {
  variables {
    mail_routes = { groups = [
      { name = "default" },
      { name = "chat", webhook = true, match = {} },
      { name = "soc", to = ["soc@example.com"], webhook = true, match = {} },
    ] }
    observability = { canary = { enabled = false } }
  }

  assert {
    condition = jsondecode(module.notify.environment.MAIL_ROUTES).groups == [
      { name = "default" },
      { name = "chat", webhook_parameter = "/wazuh-triage/webhook-chat", match = {} },
      { name = "soc", to = ["soc@example.com"], webhook_parameter = "/wazuh-triage/webhook-soc", match = {} },
    ]
    error_message = "MAIL_ROUTES must name the parameter of each group with a webhook."
  }

  assert {
    condition = [for statement in jsondecode(module.notify.policy).Statement : { actions = statement.Action, resources = statement.Resource } if statement.Sid == "ReadWebhooks"] == [
      { actions = ["ssm:GetParameter"], resources = [for group in ["chat", "soc"] : "arn:aws:ssm:eu-central-1:123456789012:parameter/webhook"] },
    ]
    error_message = "notify must be allowed to read the addresses of its webhooks, and no other parameter."
  }

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.webhook : parameter.type == "SecureString" && parameter.value_wo_version == 1 && parameter.value_wo == null])
    error_message = "The address of a webhook must be a SecureString whose value is not in the state."
  }

  assert {
    condition     = { for name, parameter in output.parameters : name => parameter if startswith(name, "webhook_") } == { for group in ["chat", "soc"] : "webhook_${group}" => "/wazuh-triage/webhook-${group}" }
    error_message = "The outputs must name the parameters that the operator fills."
  }
}

run "without_a_collector_no_function_knows_of_traces" {
  assert {
    condition = alltrue([for environment in [module.enrich.environment, module.analyze.environment, module.notify.environment, module.hunt.environment] :
    alltrue([for name in keys(environment) : !startswith(name, "OTEL_")])])
    error_message = "Traces must be off unless somebody wants them."
  }

  assert {
    condition     = length(aws_ssm_parameter.traces_headers) == 0
    error_message = "There must be no parameter for headers of a collector that there is not."
  }
}

run "every_function_brings_its_traces_to_the_collector" {
  variables {
    observability = {
      traces = { endpoint = "https://collector.example:4318/", headers = true, sample_ratio = 0.25, resource_attributes = { "deployment.environment.name" = "pro duction" } }
      xray   = true
    }
  }

  assert {
    condition = alltrue([for environment in [module.enrich.environment, module.analyze.environment, module.notify.environment, module.hunt.environment] :
      { for name, value in environment : name => value if startswith(name, "OTEL_") } == {
        OTEL_EXPORTER_OTLP_ENDPOINT          = "https://collector.example:4318"
        OTEL_EXPORTER_OTLP_HEADERS_PARAMETER = "/wazuh-triage/traces-headers"
        OTEL_TRACES_SAMPLER                  = "parentbased_traceidratio"
        OTEL_TRACES_SAMPLER_ARG              = "0.25"
        OTEL_RESOURCE_ATTRIBUTES             = "deployment.environment.name=pro%20duction,service.namespace=wazuh-triage"
      }
    ])
    error_message = "Every function must be told where its traces go, and which."
  }

  assert {
    condition = alltrue([for policy in [module.enrich.policy, module.analyze.policy, module.notify.policy, module.hunt.policy, module.feeds.policy] :
      length([for statement in jsondecode(policy).Statement : statement if contains(["ReadHeadersOfCollector", "ReportToXRay"], statement.Sid)]) == 2
    ])
    error_message = "Every function must be allowed to read the headers and to report to X-Ray."
  }

  assert {
    condition     = output.parameters["traces_headers"] == "/wazuh-triage/traces-headers" && aws_ssm_parameter.traces_headers[0].type == "SecureString"
    error_message = "The headers must be a SecureString that the outputs name."
  }
}

run "headers_in_clear_are_refused" {
  command = plan

  variables {
    observability = { traces = { endpoint = "http://10.0.0.9:4318", headers = true } }
  }

  expect_failures = [var.observability]
}

run "a_collector_with_a_password_in_its_address_is_refused" {
  command = plan

  variables {
    observability = { traces = { endpoint = "https://user:password@collector.example" } }
  }

  expect_failures = [var.observability]
}

run "more_than_all_traces_are_refused" {
  command = plan

  variables {
    observability = { traces = { endpoint = "http://10.0.0.9:4318", sample_ratio = 100 } }
  }

  expect_failures = [var.observability]
}

run "how_mails_look_reaches_notify" {
  command = plan

  variables {
    mail = {
      from         = "triage@example.com"
      to           = ["soc@example.com"]
      identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/triage@example.com"
      reply_to     = "desk@example.com"
      time_zone    = "America/Argentina/Buenos_Aires"
      privacy      = "link"
      attachment   = "none"
    }
    intelligence         = { misp = { url = "https://misp.example/tenant/" } }
    dashboard_alert_path = "/app/wazuh#/overview?id={id}"
    dashboard_host_path  = "/app/wazuh#/overview?agent={agent_id}"
  }

  assert {
    condition = { for variable in ["MAIL_REPLY_TO", "MAIL_TIME_ZONE", "MAIL_PRIVACY", "MAIL_ATTACHMENT", "MISP_URL", "DASHBOARD_ALERT_PATH", "DASHBOARD_HOST_PATH"] : variable => module.notify.environment[variable] } == {
      MAIL_REPLY_TO        = "desk@example.com"
      MAIL_TIME_ZONE       = "America/Argentina/Buenos_Aires"
      MAIL_PRIVACY         = "link"
      MAIL_ATTACHMENT      = "none"
      MISP_URL             = "https://misp.example/tenant"
      DASHBOARD_ALERT_PATH = "/app/wazuh#/overview?id={id}"
      DASHBOARD_HOST_PATH  = "/app/wazuh#/overview?agent={agent_id}"
    }
    error_message = "What the site says about its mails does not reach notify."
  }
}

run "mails_that_cannot_look_like_this_are_refused" {
  command = plan

  variables {
    mail = {
      from         = "triage@example.com"
      to           = ["soc@example.com"]
      identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/triage@example.com"
      reply_to     = "SOC <desk@example.com>"
      time_zone    = "UTC+2 hours"
      privacy      = "on"
      attachment   = "zip"
    }
    dashboard_alert_path = "/app/wazuh#/overview"
    dashboard_host_path  = "app/wazuh?agent={agent_id}"
  }

  expect_failures = [var.mail, var.dashboard_alert_path, var.dashboard_host_path]
}

run "the_publisher_may_only_send_alerts_take_feedback_and_fetch_lists" {
  assert {
    condition = jsondecode(output.publisher_policy).Statement == [
      {
        Sid      = "SendAlerts"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-central-1:123456789012:alerts"]
      },
      {
        Sid      = "TakeFeedback"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
        Resource = ["arn:aws:sqs:eu-central-1:123456789012:feedback"]
      },
      {
        Sid      = "FetchLists"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for kind in ["domain", "hash", "ip", "url"] : "arn:aws:s3:::feeds/lists/wazuh-triage-feed-${kind}"]
      },
      {
        Sid      = "SeeWhatIsMissing"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = ["arn:aws:s3:::feeds"]
      },
    ]
    error_message = "The publisher's policy must name its two queues, its lists and what it does with them."
  }
}

run "feeds_are_fetched_as_often_as_their_publishers_allow" {
  assert {
    condition = output.feeds == {
      bucket = "wazuh-triage-feeds-123456789012"
      every_minutes = {
        abuseipdb   = 360, feodo = 60, otx = 60, "spamhaus-drop-v4" = 720, "spamhaus-drop-v6" = 720, threatfox = 60
        "tor-exits" = 60, urlhaus = 60, warninglists = 1440
      }
    }
    error_message = "Every feed but MISP, which has no address, must be fetched."
  }

  assert {
    condition     = module.feeds.environment["INTEL_TABLE"] == "wazuh-triage-intel" && module.feeds.environment["OTX_KEY_PARAMETER"] == "/wazuh-triage/otx-key" && module.feeds.environment["MALICIOUS_FROM"] == module.enrich.environment["MALICIOUS_FROM"]
    error_message = "ingest must publish by what enrich judges by."
  }
}

run "ingest_is_told_all_that_it_reads" {
  variables {
    functions = { ingest = { timeout_seconds = 600 } }
    feeds = merge({ for feed in ["misp", "spamhaus_drop_v4", "spamhaus_drop_v6", "feodo", "urlhaus", "threatfox", "tor_exits", "warninglists"] : feed => { enabled = false } }, {
      abuseipdb = { limit = 100000, least_confidence = 90 }
      mirrors   = { for publisher in ["spamhaus", "feodo", "urlhaus", "threatfox", "tor", "warninglists"] : publisher => "https://mirror.example.com/" }
    })
  }

  # All of it: terraform/variables.sh compares the names with what the program reads.
  assert {
    condition = module.feeds.environment == {
      CLAIMS_TABLE               = "wazuh-triage-claims"
      LEASE_SECONDS              = "600"
      LOG_LEVEL                  = "info"
      METRICS_NAMESPACE          = "WazuhTriage"
      INTEL_TABLE                = "wazuh-triage-intel"
      FEEDS_BUCKET               = "wazuh-triage-feeds-123456789012"
      FEEDS                      = "abuseipdb=21600,otx=3600"
      MISP_FEEDS                 = ""
      ABUSEIPDB_BLACKLIST_LIMIT  = "100000"
      ABUSEIPDB_LEAST_CONFIDENCE = "90"
      ABUSECH_KEY_PARAMETER      = "/wazuh-triage/abusech-key"
      SPAMHAUS_URL               = "https://mirror.example.com"
      FEODO_URL                  = "https://mirror.example.com"
      URLHAUS_URL                = "https://mirror.example.com"
      THREATFOX_URL              = "https://mirror.example.com"
      TOR_URL                    = "https://mirror.example.com"
      WARNINGLISTS_URL           = "https://mirror.example.com"
      ABUSEIPDB_URL              = "https://api.abuseipdb.com"
      ABUSEIPDB_KEY_PARAMETER    = "/wazuh-triage/abuseipdb-key"
      OTX_URL                    = "https://otx.alienvault.com"
      OTX_KEY_PARAMETER          = "/wazuh-triage/otx-key"
      MISP_URL                   = ""
      MISP_KEY_PARAMETER         = "/wazuh-triage/misp-key"
      MISP_CA_PARAMETER          = ""
      MISP_TRUSTED_ORGANISATIONS = ""
      NEVER_REPORT               = "1.1.1.1,1.0.0.1,8.8.8.8,8.8.4.4,9.9.9.9"
      ALLOW_LIST                 = ""
      DENY_LIST                  = ""
      DOCUMENTATION_ADDRESSES    = "reserved"
      VERDICT_WEIGHTS            = ""
      SUSPICIOUS_FROM            = "35"
      MALICIOUS_FROM             = "75"
    }
    error_message = "The environment of ingest is not the one its program reads."
  }
}

run "without_a_plan_the_blacklist_is_as_abuseipdb_has_it" {
  assert {
    condition     = module.feeds.environment["ABUSEIPDB_BLACKLIST_LIMIT"] == "default" && module.feeds.environment["ABUSEIPDB_LEAST_CONFIDENCE"] == "default"
    error_message = "Nothing must be asked of AbuseIPDB that the free plan does not have."
  }
}

run "ingest_alone_reads_the_key_of_abuse_ch" {
  assert {
    condition     = one([for statement in jsondecode(module.feeds.policy).Statement : join(" ", statement.Resource) if statement.Sid == "ReadParameters"]) == join(" ", [for key in ["abuseipdb", "misp", "otx", "abusech"] : "arn:aws:ssm:eu-central-1:123456789012:parameter/${key}"])
    error_message = "ingest must read the keys of enrich and that of abuse.ch."
  }
}

run "more_of_the_blacklist_than_any_plan_has_is_refused" {
  command = plan

  variables {
    feeds = { abuseipdb = { limit = 500001 } }
  }

  expect_failures = [var.feeds]
}

run "a_confidence_that_abuseipdb_does_not_take_is_refused" {
  command = plan

  variables {
    feeds = { abuseipdb = { least_confidence = 24 } }
  }

  expect_failures = [var.feeds]
}

run "a_misp_with_an_address_is_a_feed_too" {
  variables {
    intelligence = { misp = { url = "https://misp.example.com" } }
    feeds        = { otx = { enabled = false }, misp_feeds = { circl-osint = { url = "https://www.circl.lu/doc/misp/feed-osint" } } }
  }

  assert {
    condition     = output.feeds.every_minutes["misp"] == 60 && output.feeds.every_minutes["circl-osint"] == 1440 && !contains(keys(output.feeds.every_minutes), "otx")
    error_message = "MISP and its feeds must be fetched, and a feed that is switched off must not."
  }

  assert {
    condition     = module.feeds.environment["MISP_FEEDS"] == "circl-osint=86400=https://www.circl.lu/doc/misp/feed-osint"
    error_message = "A MISP feed must reach the program with its pace and address."
  }
}

run "a_feed_that_is_fetched_too_often_is_refused" {
  command = plan

  variables {
    feeds = { abuseipdb = { every_minutes = 60 } }
  }

  expect_failures = [var.feeds]
}

run "a_misp_feed_without_scheme_is_refused" {
  command = plan

  variables {
    feeds = { misp_feeds = { circl = { url = "www.circl.lu" } } }
  }

  expect_failures = [var.feeds]
}

run "an_ingest_without_time_to_publish_is_refused" {
  command = plan

  variables {
    functions = { ingest = { timeout_seconds = 60 } }
  }

  expect_failures = [var.functions]
}

run "keys_are_secret_and_start_unset" {
  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.key : parameter.type == "SecureString" && parameter.value_wo_version == 1 && parameter.value_wo == null])
    error_message = "A key must be a SecureString whose value is not in the state."
  }

  assert {
    condition     = output.parameters == { for provider in ["abuseipdb", "misp", "otx", "abusech", "model"] : "${provider}_key" => "/wazuh-triage/${provider}-key" }
    error_message = "The parameters must be named after the deployment."
  }
}

run "the_outputs_tell_where_everything_is" {
  assert {
    condition     = output.queues == { for queue in ["alerts", "enriched", "notices", "feedback"] : queue => "https://sqs/${queue}" }
    error_message = "queues must map each queue to its URL."
  }

  assert {
    condition     = output.dead_letter_queues == { for queue in ["alerts", "enriched", "notices", "feedback"] : queue => "https://sqs/${queue}-dlq" }
    error_message = "dead_letter_queues must map each queue to the URL of its DLQ."
  }

  assert {
    condition     = output.tables == { for table in ["claims", "intel", "incidents", "analyses", "sightings", "deliveries"] : table => "wazuh-triage-${table}" }
    error_message = "tables must map each table to its name."
  }

  assert {
    condition = (
      output.functions == { for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => "wazuh-triage-${function}" } &&
      output.log_groups == { for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => "/aws/lambda/wazuh-triage-${function}" }
    )
    error_message = "functions and log_groups must map each function to its name and its log."
  }
}

run "the_visibility_follows_a_longer_timeout" {
  variables {
    functions = { analyze = { timeout_seconds = 100, batching_window_seconds = 5 } }
  }

  assert {
    condition     = module.queues["enriched"].source.visibility_timeout_seconds == 605 && module.analyze.environment["LEASE_SECONDS"] == "100"
    error_message = "The queue and the lease must follow the timeout of the function."
  }
}

run "an_empty_list_is_not_taken_for_the_default" {
  variables {
    enrich     = { excluded_rule_ids = [] }
    indicators = { never_report = [] }
  }

  assert {
    condition     = module.enrich.environment["EXCLUDED_RULE_IDS"] == "," && module.enrich.environment["NEVER_REPORT"] == ","
    error_message = "An empty list must reach the program as one."
  }
}

run "what_the_site_says_reaches_the_program" {
  variables {
    enrich = { dedup_window_seconds = 0 }

    intelligence = {
      abuseipdb = { url = "https://abuseipdb.example/", daily_limit = 50000 }
      misp = {
        url                   = "https://misp.example/tenant/"
        daily_limit           = 1000000
        trusted_organisations = ["CIRCL", "Our own SOC"]
        attributes            = "all"
        sightings             = true
      }
      otx = { daily_limit = 9000 }
    }

    indicators = {
      never_report = ["198.51.100.7", "198.51.100.0/24", "2001:db8::1", "2001:db8::/32"]
      allow        = ["example.com", "xn--bcher-kva.example", "http://example.com/a?b=c"]
      deny         = ["d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"]
    }

    verdict = {
      weights         = { otx = 60, "feed-blocklist.de" = 0 }
      suspicious_from = 40
      malicious_from  = 100
    }
  }

  assert {
    condition = { for variable in ["ABUSEIPDB_URL", "MISP_URL", "MISP_TRUSTED_ORGANISATIONS", "MISP_ATTRIBUTES", "MISP_SIGHTINGS", "DAILY_LIMITS", "DEDUP_WINDOW_SECONDS"] : variable => module.enrich.environment[variable] } == {
      ABUSEIPDB_URL              = "https://abuseipdb.example"
      MISP_URL                   = "https://misp.example/tenant"
      MISP_TRUSTED_ORGANISATIONS = "CIRCL,Our own SOC"
      MISP_ATTRIBUTES            = "all"
      MISP_SIGHTINGS             = "on"
      DAILY_LIMITS               = "abuseipdb=50000,misp=1000000,otx=9000"
      DEDUP_WINDOW_SECONDS       = "0"
    }
    error_message = "The settings of the providers must reach the program."
  }

  assert {
    condition = { for variable in ["NEVER_REPORT", "ALLOW_LIST", "DENY_LIST", "VERDICT_WEIGHTS", "SUSPICIOUS_FROM", "MALICIOUS_FROM"] : variable => module.enrich.environment[variable] } == {
      NEVER_REPORT    = "198.51.100.7,198.51.100.0/24,2001:db8::1,2001:db8::/32"
      ALLOW_LIST      = "example.com,xn--bcher-kva.example,http://example.com/a?b=c"
      DENY_LIST       = "d41d8cd98f00b204e9800998ecf8427e,da39a3ee5e6b4b0d3255bfef95601890afd80709,E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
      VERDICT_WEIGHTS = "feed-blocklist.de=0,otx=60"
      SUSPICIOUS_FROM = "40"
      MALICIOUS_FROM  = "100"
    }
    error_message = "The lists and weights must reach the program."
  }
}

run "the_private_ca_of_misp_is_a_parameter_that_enrich_may_read" {
  variables {
    intelligence = {
      misp = {
        url       = "https://misp.example"
        ca_bundle = "# Our CA\n-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
      }
    }
  }

  assert {
    condition     = one(aws_ssm_parameter.misp_ca[*].type) == "String" && one(aws_ssm_parameter.misp_ca[*].tier) == "Intelligent-Tiering" && strcontains(one(aws_ssm_parameter.misp_ca[*].value), "TUlJQg==")
    error_message = "The bundle is no secret, and may be larger than a standard parameter."
  }

  assert {
    condition     = module.enrich.environment["MISP_CA_PARAMETER"] == "/wazuh-triage/misp-ca"
    error_message = "The function must be told where the bundle is."
  }

  assert {
    condition     = contains(one([for statement in jsondecode(module.enrich.policy).Statement : statement.Resource if statement.Sid == "ReadParameters"]), "arn:aws:ssm:eu-central-1:123456789012:parameter/misp-ca")
    error_message = "The function must be able to read the bundle."
  }
}

run "in_the_sandbox_the_recipients_are_permitted_too" {
  variables {
    mail = {
      from                    = "triage@example.com"
      to                      = ["first@example.com"]
      identity_arn            = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
      recipient_identity_arns = ["arn:aws:ses:eu-central-1:123456789012:identity/first@example.com"]
    }
    mail_events = { enabled = false }
  }

  assert {
    condition = one([for statement in jsondecode(module.notify.policy).Statement : join(" ", statement.Resource) if statement.Sid == "SendMail"]) == join(" ", [
      "arn:aws:ses:eu-central-1:123456789012:identity/example.com",
      "arn:aws:ses:eu-central-1:123456789012:identity/first@example.com",
    ])
    error_message = "The sandbox checks the recipients' identities as well."
  }
}

run "without_events_nothing_of_them_is_left" {
  variables {
    mail_events = { enabled = false }
  }

  assert {
    condition     = length(module.mail_events) == 0 && length(aws_lambda_event_source_mapping.mail_events) == 0 && output.mail_events == null && module.notify.environment["MAIL_CONFIGURATION_SET"] == ""
    error_message = "Without events there must be no configuration set."
  }

  assert {
    condition     = length(setintersection([for statement in jsondecode(module.notify.policy).Statement : statement.Sid], ["ReadMailEvents", "NoteTrouble"])) == 0
    error_message = "Without events notify needs no permission for them."
  }
}

run "notify_reads_the_events_beside_its_notices" {
  assert {
    condition = (
      one(aws_lambda_event_source_mapping.mail_events).event_source_arn == "arn:aws:sqs:eu-central-1:123456789012:mail-events" &&
      one(aws_lambda_event_source_mapping.mail_events).function_name == "wazuh-triage-notify" &&
      one(aws_lambda_event_source_mapping.mail_events).function_response_types == toset(["ReportBatchItemFailures"]) &&
      one(one(aws_lambda_event_source_mapping.mail_events).scaling_config).maximum_concurrency == 2
    )
    error_message = "notify must read the events, each record for itself, and keep room for notices."
  }
}

run "where_the_events_wait_is_an_output" {
  assert {
    condition = output.mail_events == {
      configuration_set     = "wazuh-triage-mail-events"
      queue_url             = "https://sqs/mail-events"
      dead_letter_queue_url = "https://sqs/mail-events-dlq"
    }
    error_message = "mail_events must name the configuration set and both queues."
  }
}

run "tls_without_a_configuration_set_is_refused" {
  command = plan

  variables {
    mail_events = { enabled = false, require_tls = true }
  }

  expect_failures = [var.mail_events]
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Wazuh"
  }

  expect_failures = [var.name]
}

run "a_sender_with_a_display_name_is_refused" {
  command = plan

  variables {
    mail = { from = "Triage <triage@example.com>", to = ["first@example.com"], identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com" }
  }

  expect_failures = [var.mail]
}

run "a_mail_without_recipient_is_refused" {
  command = plan

  variables {
    mail = { from = "triage@example.com", to = [], identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com" }
  }

  expect_failures = [var.mail]
}

run "a_subject_of_two_lines_is_refused" {
  command = plan

  variables {
    mail = { from = "triage@example.com", to = ["first@example.com"], subject = "one\ntwo", identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.com" }
  }

  expect_failures = [var.mail]
}

run "an_identity_that_is_no_arn_is_refused" {
  command = plan

  variables {
    mail = { from = "triage@example.com", to = ["first@example.com"], identity_arn = "example.com" }
  }

  expect_failures = [var.mail]
}

run "a_rule_level_above_sixteen_is_refused" {
  command = plan

  variables {
    enrich = { min_level = 17 }
  }

  expect_failures = [var.enrich]
}

run "a_rule_group_with_a_comma_is_refused" {
  command = plan

  variables {
    enrich = { triage_groups = ["sshd,pam"] }
  }

  expect_failures = [var.enrich]
}

run "a_rule_id_with_letters_is_refused" {
  command = plan

  variables {
    enrich = { excluded_rule_ids = ["sshd"] }
  }

  expect_failures = [var.enrich]
}

run "a_dedup_window_of_days_is_refused" {
  command = plan

  variables {
    enrich = { dedup_window_seconds = 86401 }
  }

  expect_failures = [var.enrich]
}

run "a_provider_address_without_scheme_is_refused" {
  command = plan

  variables {
    intelligence = { otx = { url = "otx.alienvault.com" } }
  }

  expect_failures = [var.intelligence]
}

run "a_misp_address_without_scheme_is_refused" {
  command = plan

  variables {
    intelligence = { misp = { url = "misp.example" } }
  }

  expect_failures = [var.intelligence]
}

run "a_daily_limit_of_zero_is_refused" {
  command = plan

  variables {
    intelligence = { otx = { daily_limit = 0 } }
  }

  expect_failures = [var.intelligence]
}

run "a_trusted_organisation_with_a_comma_is_refused" {
  command = plan

  variables {
    intelligence = { misp = { trusted_organisations = ["CIRCL,ours"] } }
  }

  expect_failures = [var.intelligence]
}

run "unknown_attributes_are_refused" {
  command = plan

  variables {
    intelligence = { misp = { attributes = "some" } }
  }

  expect_failures = [var.intelligence]
}

run "a_ca_without_misp_is_refused" {
  command = plan

  variables {
    intelligence = { misp = { ca_bundle = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n" } }
  }

  expect_failures = [var.intelligence]
}

run "a_ca_bundle_that_is_a_path_is_refused" {
  command = plan

  variables {
    intelligence = { misp = { url = "https://misp.example", ca_bundle = "/etc/ssl/ca.pem" } }
  }

  expect_failures = [var.intelligence]
}

run "a_ca_bundle_with_a_private_key_is_refused" {
  command = plan

  variables {
    intelligence = {
      misp = {
        url       = "https://misp.example"
        ca_bundle = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nTUlJQg==\n-----END PRIVATE KEY-----\n"
      }
    }
  }

  expect_failures = [var.intelligence]
}

run "a_network_that_is_none_is_refused" {
  command = plan

  variables {
    indicators = { never_report = ["10.0.0.0/33"] }
  }

  expect_failures = [var.indicators]
}

run "an_address_that_is_none_is_refused" {
  command = plan

  variables {
    indicators = { deny = ["300.1.1.1"] }
  }

  expect_failures = [var.indicators]
}

run "a_bare_host_name_is_refused" {
  command = plan

  variables {
    indicators = { allow = ["localhost"] }
  }

  expect_failures = [var.indicators]
}

run "an_indicator_with_a_comma_is_refused" {
  command = plan

  variables {
    indicators = { deny = ["http://example.com/a,b"] }
  }

  expect_failures = [var.indicators]
}

run "lists_that_do_not_fit_the_environment_are_refused" {
  command = plan

  variables {
    indicators = { deny = [for number in range(150) : "198.51.100.${number}"] }
  }

  expect_failures = [var.indicators]
}

run "a_weight_of_nobody_is_refused" {
  command = plan

  variables {
    verdict = { weights = { virustotal = 50 } }
  }

  expect_failures = [var.verdict]
}

run "a_weight_above_a_hundred_is_refused" {
  command = plan

  variables {
    verdict = { weights = { otx = 101 } }
  }

  expect_failures = [var.verdict]
}

run "a_score_that_everybody_reaches_is_refused" {
  command = plan

  variables {
    verdict = { suspicious_from = 0 }
  }

  expect_failures = [var.verdict]
}

run "a_malicious_score_that_is_not_above_the_suspicious_one_is_refused" {
  command = plan

  variables {
    verdict = { suspicious_from = 75 }
  }

  expect_failures = [var.verdict]
}

run "a_criticality_that_nobody_knows_is_refused" {
  command = plan

  variables {
    site_notes = { assets = [{ agent = "db-*", criticality = "urgent", note = "databases" }] }
  }

  expect_failures = [var.site_notes]
}

run "a_model_address_without_scheme_is_refused" {
  command = plan

  variables {
    model = { url = "api.openai.com/v1" }
  }

  expect_failures = [var.model]
}

run "bedrock_is_asked_with_the_role_of_the_function_and_nothing_wider" {
  variables {
    model = {
      url          = "https://bedrock-mantle.eu-central-1.api.aws/openai/v1/"
      name         = "openai.gpt-oss-120b"
      auth         = "sigv4"
      temperature  = 0.2
      bedrock_arns = ["arn:aws:bedrock-mantle:eu-central-1:123456789012:project/default"]
    }
  }

  assert {
    condition = one([for statement in jsondecode(module.analyze.policy).Statement : statement if statement.Sid == "AskModel"]) == {
      Sid      = "AskModel"
      Effect   = "Allow"
      Action   = ["bedrock-mantle:CreateInference"]
      Resource = ["arn:aws:bedrock-mantle:eu-central-1:123456789012:project/default"]
    }
    error_message = "analyze may not ask the model, or may ask more than it."
  }

  assert {
    condition     = module.analyze.environment.MODEL_AUTH == "sigv4" && module.analyze.environment.MODEL_TEMPERATURE == "0.2"
    error_message = "The model's settings do not reach the function."
  }
}

run "bedrock_without_anything_to_ask_is_refused" {
  command = plan

  variables {
    model = { url = "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1", auth = "sigv4" }
  }

  expect_failures = [var.model]
}

run "a_signature_for_another_service_is_refused" {
  command = plan

  variables {
    model = { auth = "sigv4", bedrock_arns = ["arn:aws:bedrock:eu-central-1::foundation-model/openai.gpt-oss-120b-1:0"] }
  }

  expect_failures = [var.model]
}

run "a_model_setting_of_another_word_is_refused" {
  command = plan

  variables {
    model = { dialect = "grpc", auth = "basic", decoding = "xml" }
  }

  expect_failures = [var.model]
}

run "a_key_in_the_address_of_the_model_is_refused" {
  command = plan

  variables {
    model = { url = "https://user:key@models.example.com/v1" }
  }

  expect_failures = [var.model]
}

run "a_model_slower_than_its_function_is_refused" {
  command = plan

  variables {
    model = { timeout_seconds = 51 }
  }

  expect_failures = [var.model]
}

run "incidents_may_tell_about_themselves_at_another_pace" {
  command = plan

  variables {
    incidents = { update_after = ["90s", "1h", "60m", "168h"] }
  }

  assert {
    condition     = module.analyze.environment["UPDATE_AFTER"] == "90s,1h,60m,168h"
    error_message = "analyze is not told the pace."
  }
}

run "a_pace_that_gets_faster_is_refused" {
  command = plan

  variables {
    incidents = { update_after = ["30m", "5m"] }
  }

  expect_failures = [var.incidents]
}

run "a_silence_that_outlasts_what_waits_is_refused" {
  command = plan

  variables {
    incidents = { update_after = ["5m", "169h"] }
  }

  expect_failures = [var.incidents]
}

run "a_pace_without_units_is_refused" {
  command = plan

  variables {
    incidents = { update_after = ["5"] }
  }

  expect_failures = [var.incidents]
}

run "limits_reuse_and_records_can_be_switched_off" {
  command = plan

  variables {
    economy = { reuse_hours = 0, daily_tokens = 0, daily_usd = "unlimited", audit_days = 0 }
  }

  assert {
    condition = {
      for name, value in module.analyze.environment : name => value
      if contains(["ANALYSIS_REUSE_HOURS", "MODEL_DAILY_TOKENS", "MODEL_DAILY_USD", "ANALYSIS_AUDIT_DAYS"], name)
    } == { ANALYSIS_REUSE_HOURS = "0", MODEL_DAILY_TOKENS = "0", MODEL_DAILY_USD = "unlimited", ANALYSIS_AUDIT_DAYS = "0" }
    error_message = "What is switched off must reach the program so."
  }
}

run "a_negative_limit_is_refused" {
  command = plan

  variables {
    economy = { daily_usd = -1 }
  }

  expect_failures = [var.economy]
}

run "an_unknown_priority_is_refused" {
  command = plan

  variables {
    economy = { min_priority = "urgent" }
  }

  expect_failures = [var.economy]
}

run "prices_without_a_real_day_are_refused" {
  command = plan

  variables {
    economy = { prices = { as_of = "2026-13-01", usd_per_million_tokens = {} } }
  }

  expect_failures = [var.economy]
}

run "more_prices_than_fit_are_refused" {
  command = plan

  variables {
    economy = { prices = { as_of = "2026-07-01", usd_per_million_tokens = { for number in range(30) : "model-${number}" => { input = 1, output = 1 } } } }
  }

  expect_failures = [var.economy]
}

run "a_dashboard_address_without_scheme_is_refused" {
  command = plan

  variables {
    dashboard_url = "wazuh.example.com"
  }

  expect_failures = [var.dashboard_url]
}

run "an_unknown_treatment_of_documentation_addresses_is_refused" {
  command = plan

  variables {
    documentation_addresses = "private"
  }

  expect_failures = [var.documentation_addresses]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "riscv"
  }

  expect_failures = [var.architecture]
}

run "an_unknown_log_level_is_refused" {
  command = plan

  variables {
    log_level = "verbose"
  }

  expect_failures = [var.log_level]
}

run "an_unknown_log_retention_is_refused" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "fewer_than_three_tries_are_refused" {
  command = plan

  variables {
    max_receive_count = 2
  }

  expect_failures = [var.max_receive_count]
}
