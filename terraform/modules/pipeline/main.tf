# The path of one alert:
# alerts queue -> enrich -> enriched queue -> analyze -> notices queue -> notify -> SES; enrich also writes the feedback
# queue, which the publisher on the Wazuh manager reads.

locals {
  # What every function is told.
  environment = {
    CLAIMS_TABLE      = module.tables.names["claims"]
    METRICS_NAMESPACE = "WazuhTriage"
  }

  # The canary's mail goes to nobody else.
  mail_groups = concat(var.mail_routes.groups, [for canary in [var.observability.canary] : {
    name  = "canary", to = [canary.to], webhook = false, privacy = null, mode = null, quiet_hours = null, limits = null
    match = { rule_groups = ["wazuh_triage_canary"] }
  } if local.canary_flies])

  # Only what says something: a function's variables hold 4 KB together.
  mail_routes = merge(
    { for key, value in { tenant_label = var.mail_routes.tenant_label, mode = var.mail_routes.mode } : key => value if value != null },
    length(local.mail_groups) == 0 ? {} : {
      groups = [for group in local.mail_groups : merge(
        { for key, value in { name = group.name, to = group.to, privacy = group.privacy, mode = group.mode } : key => value if value != null },
        { for parameter in group.webhook ? [aws_ssm_parameter.webhook[group.name].name] : [] : "webhook_parameter" => parameter },
        { for key, value in { match = group.match, quiet_hours = group.quiet_hours, limits = group.limits } :
        key => { for name, setting in value : name => setting if setting != null } if value != null },
      )]
    },
  )

  # Whom the site believes and what it leaves out: enrich judges by it, and ingest publishes by it. The programs take an
  # empty variable for a missing one and use the default; a lone comma is an empty list.
  judgement = {
    OTX_URL                    = trimsuffix(var.intelligence.otx.url, "/")
    OTX_KEY_PARAMETER          = aws_ssm_parameter.key["otx"].name
    ABUSEIPDB_URL              = trimsuffix(var.intelligence.abuseipdb.url, "/")
    ABUSEIPDB_KEY_PARAMETER    = aws_ssm_parameter.key["abuseipdb"].name
    MISP_URL                   = trimsuffix(var.intelligence.misp.url, "/")
    MISP_KEY_PARAMETER         = aws_ssm_parameter.key["misp"].name
    MISP_CA_PARAMETER          = join("", aws_ssm_parameter.misp_ca[*].name)
    MISP_TRUSTED_ORGANISATIONS = join(",", var.intelligence.misp.trusted_organisations)

    NEVER_REPORT            = coalesce(join(",", var.indicators.never_report), ",")
    ALLOW_LIST              = join(",", var.indicators.allow)
    DENY_LIST               = join(",", var.indicators.deny)
    DOCUMENTATION_ADDRESSES = var.documentation_addresses

    VERDICT_WEIGHTS = join(",", [for witness, percent in var.verdict.weights : "${witness}=${percent}"])
    SUSPICIOUS_FROM = tostring(var.verdict.suspicious_from)
    MALICIOUS_FROM  = tostring(var.verdict.malicious_from)
  }

  # Keys of providers and feeds, and the private CA.
  intelligence_parameters = concat([for provider in keys(var.intelligence) : aws_ssm_parameter.key[provider].arn], aws_ssm_parameter.misp_ca[*].arn)

  # What every function may do: claim its work. Every transition of a claim is one conditional update.
  claim_statement = {
    sid       = "Claim"
    actions   = ["dynamodb:UpdateItem"]
    resources = [module.tables.arns["claims"]]
  }

  # The programs take a missing variable for "off".
  tracing = {
    environment = var.observability.traces == null ? {} : merge({
      OTEL_EXPORTER_OTLP_ENDPOINT = trimsuffix(var.observability.traces.endpoint, "/")
      OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
      OTEL_TRACES_SAMPLER_ARG     = tostring(var.observability.traces.sample_ratio)
      OTEL_RESOURCE_ATTRIBUTES = join(",", [for name, value in merge(
        { "service.namespace" = var.name }, var.observability.traces.resource_attributes,
      ) : "${name}=${replace(urlencode(value), "+", "%20")}"])
    }, { for parameter in aws_ssm_parameter.traces_headers : "OTEL_EXPORTER_OTLP_HEADERS_PARAMETER" => parameter.name })
    parameter_arns = aws_ssm_parameter.traces_headers[*].arn
    xray           = var.observability.xray
  }

  # Functions that a schedule calls, too.
  swept = {
    analyze = { arn = module.analyze.arn, name = module.analyze.name }
    notify  = { arn = module.notify.arn, name = module.notify.name }
  }

  # Queue => how long a message stays hidden: 6 times the timeout of the function that reads it.
  visibility_timeouts = merge(
    { for queue, function in { alerts = var.functions.enrich, enriched = var.functions.analyze, notices = var.functions.notify } :
      queue => 6 * function.timeout_seconds + function.batching_window_seconds
    },
    { feedback = 60 }, # read by the publisher, which only hands the event to a local socket
  )
}

module "queues" {
  source   = "../queue"
  for_each = local.visibility_timeouts

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = each.value
  max_receive_count          = var.max_receive_count
  kms_key_arn                = var.kms_key_arn
  tags                       = var.tags
}

module "tables" {
  source = "../tables"

  name                = var.name
  deletion_protection = var.deletion_protection
  kms_key_arn         = var.kms_key_arn
  tags                = var.tags
}

module "enrich" {
  source = "../function"

  name         = "${var.name}-enrich"
  description  = "Looks up the indicators of a Wazuh alert and decides whether it goes on"
  artifact     = var.artifacts.enrich
  source_queue = module.queues["alerts"].source

  environment = merge(local.environment, local.judgement, {
    INTEL_TABLE        = module.tables.names["intel"]
    SIGHTINGS_TABLE    = module.tables.names["sightings"]
    LOOK_UP_LOGINS     = var.enrich.look_up_logins
    ENRICHED_QUEUE_URL = module.queues["enriched"].url
    FEEDBACK_QUEUE_URL = module.queues["feedback"].url
    SNAPSHOT_BUCKET    = module.feeds.bucket
    SNAPSHOT_KEY       = module.feeds.snapshot_key

    SNAPSHOT_REFRESH_SECONDS = tostring(var.enrich.snapshot_refresh_seconds)

    MIN_LEVEL            = tostring(var.enrich.min_level)
    FORWARD_LEVEL        = tostring(var.enrich.forward_level)
    TRIAGE_GROUPS        = join(",", var.enrich.triage_groups)
    EXCLUDED_RULE_IDS    = coalesce(join(",", var.enrich.excluded_rule_ids), ",")
    DEDUP_WINDOW_SECONDS = tostring(var.enrich.dedup_window_seconds)

    MISP_ATTRIBUTES = var.intelligence.misp.attributes
    MISP_SIGHTINGS  = var.intelligence.misp.sightings ? "on" : "off"
    DAILY_LIMITS    = join(",", [for provider, settings in var.intelligence : "${provider}=${settings.daily_limit}" if settings.daily_limit != null])
  })

  statements = [
    local.claim_statement,
    {
      # Answers, gates and ledgers are updated; rows of feeds and analysts are only read.
      sid       = "Intelligence"
      actions   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [module.tables.arns["intel"]]
    },
    {
      sid       = "RecordSightings"
      actions   = ["dynamodb:PutItem"]
      resources = [module.tables.arns["sightings"]]
    },
    {
      sid       = "HandOn"
      actions   = ["sqs:SendMessage"]
      resources = [module.queues["enriched"].arn, module.queues["feedback"].arn]
    },
    {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameter"]
      resources = local.intelligence_parameters
    },
    {
      sid       = "LoadSnapshot"
      actions   = ["s3:GetObject"]
      resources = [module.feeds.snapshot_arn, module.feeds.warninglists_arn]
    },
    {
      # Without it S3 does not say whether an object is missing or forbidden.
      sid       = "SeeWhatIsMissing"
      actions   = ["s3:ListBucket"]
      resources = [module.feeds.bucket_arn]
    },
  ]

  architecture            = var.architecture
  timeout_seconds         = var.functions.enrich.timeout_seconds
  memory_mb               = var.functions.enrich.memory_mb
  batch_size              = var.functions.enrich.batch_size
  batching_window_seconds = var.functions.enrich.batching_window_seconds
  maximum_concurrency     = var.functions.enrich.maximum_concurrency
  log_level               = var.log_level
  tracing                 = local.tracing
  log_retention_days      = var.log_retention_days
  kms_key_arn             = var.kms_key_arn
  network                 = local.placement["enrich"]
  tags                    = var.tags
}

module "analyze" {
  source = "../function"

  name         = "${var.name}-analyze"
  description  = "Puts an alert into its incident, assesses it and lets the model explain it"
  artifact     = var.artifacts.analyze
  source_queue = module.queues["enriched"].source

  environment = merge(local.environment, {
    INCIDENTS_TABLE       = module.tables.names["incidents"]
    SIGHTINGS_TABLE       = module.tables.names["sightings"]
    NOTICES_QUEUE_URL     = module.queues["notices"].url
    MODEL_URL             = trimsuffix(var.model.url, "/")
    MODEL_NAME            = var.model.name
    MODEL_LARGE_NAME      = var.model.large_name
    MODEL_DIALECT         = var.model.dialect
    MODEL_AUTH            = var.model.auth
    MODEL_DECODING        = var.model.decoding
    MODEL_TEMPERATURE     = var.model.temperature == null ? "" : tostring(var.model.temperature)
    MODEL_EFFORT          = var.model.effort
    MODEL_KEY_PARAMETER   = aws_ssm_parameter.key["model"].name
    MODEL_TIMEOUT_SECONDS = tostring(var.model.timeout_seconds)
    REDACTION             = var.model.redaction
    SITE_NOTES            = jsonencode(var.site_notes)
    UPDATE_AFTER          = join(",", var.incidents.update_after)

    ANALYSES_TABLE       = module.tables.names["analyses"]
    MODEL_MIN_PRIORITY   = var.economy.min_priority
    MODEL_DAILY_TOKENS   = var.economy.daily_tokens
    MODEL_DAILY_USD      = var.economy.daily_usd
    MODEL_PRICES         = jsonencode(var.economy.prices)
    ANALYSIS_REUSE_HOURS = tostring(var.economy.reuse_hours)
    ANALYSIS_AUDIT_DAYS  = tostring(var.economy.audit_days)
  })

  statements = concat([
    # One transaction counts an alert in its incident and completes its claim; IAM knows its single writes only.
    local.claim_statement,
    {
      sid       = "CountAndTell"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.tables.arns["incidents"]]
    },
    {
      # Answers and breakers are read, swapped and put; budgets are added up.
      sid       = "Economise"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.tables.arns["analyses"]]
    },
    {
      sid       = "FindDue"
      actions   = ["dynamodb:Query"]
      resources = [module.tables.index_arns["incidents/due"]]
    },
    {
      sid       = "ReadSightings"
      actions   = ["dynamodb:Query"]
      resources = [module.tables.arns["sightings"]]
    },
    {
      sid       = "HandOn"
      actions   = ["sqs:SendMessage"]
      resources = [module.queues["notices"].arn]
    },
    {
      sid       = "ReadKey"
      actions   = ["ssm:GetParameter"]
      resources = [aws_ssm_parameter.key["model"].arn]
    },
    ], var.model.auth != "sigv4" ? [] : [
    {
      sid       = "AskModel"
      actions   = [strcontains(var.model.url, "bedrock-mantle") ? "bedrock-mantle:CreateInference" : "bedrock:InvokeModel"]
      resources = var.model.bedrock_arns
    },
  ])

  architecture            = var.architecture
  timeout_seconds         = var.functions.analyze.timeout_seconds
  memory_mb               = var.functions.analyze.memory_mb
  batch_size              = var.functions.analyze.batch_size
  batching_window_seconds = var.functions.analyze.batching_window_seconds
  maximum_concurrency     = var.functions.analyze.maximum_concurrency
  log_level               = var.log_level
  tracing                 = local.tracing
  log_retention_days      = var.log_retention_days
  kms_key_arn             = var.kms_key_arn
  network                 = local.placement["analyze"]
  tags                    = var.tags
}

# Every minute: what is due although no message comes. analyze sends the notices of incidents, and those whose sender died;
# notify sends storm notices and digests, and brings back what waited for SES.
module "sweep" {
  source = "../schedules"

  schedules = { for key, function in local.swept : "${var.name}-sweep-${key}" => {
    description   = "Calls ${key} for what is due"
    every_minutes = 1
    target_arn    = function.arn
    input         = jsonencode({ sweep = true })
  } }
  functions         = { for key, function in local.swept : key => function.name }
  role_name         = "${var.name}-sweep"
  purpose           = "call functions for what is due"
  event_age_seconds = 60
  kms_key_arn       = var.kms_key_arn
  tags              = var.tags
}

module "notify" {
  source = "../function"

  name         = "${var.name}-notify"
  description  = "Sends the mail of a notice to the analysts"
  artifact     = var.artifacts.notify
  source_queue = module.queues["notices"].source

  environment = merge(local.environment, {
    MAIL_FROM         = var.mail.from
    MAIL_TO           = join(",", var.mail.to)
    MAIL_REPLY_TO     = var.mail.reply_to
    MAIL_SUBJECT      = var.mail.subject
    MAIL_TIME_ZONE    = var.mail.time_zone
    MAIL_PRIVACY      = var.mail.privacy
    MAIL_ATTACHMENT   = var.mail.attachment
    MAIL_ROUTES       = jsonencode(local.mail_routes)
    DASHBOARD_URL     = trimsuffix(var.dashboard_url, "/")
    MISP_URL          = trimsuffix(var.intelligence.misp.url, "/")
    DELIVERIES_TABLE  = module.tables.names["deliveries"]
    NOTICES_QUEUE_URL = module.queues["notices"].url

    DASHBOARD_ALERT_PATH = var.dashboard_alert_path
    DASHBOARD_HOST_PATH  = var.dashboard_host_path

    INCIDENTS_TABLE        = module.tables.names["incidents"]
    MAIL_CONFIGURATION_SET = join("", module.mail_events[*].configuration_set)
  })

  statements = concat([
    local.claim_statement,
    {
      # Gates and states are swapped, in one transaction with what is held; what waited for SES is taken out again.
      sid       = "RecordDeliveries"
      actions   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
      resources = [module.tables.arns["deliveries"]]
    },
    {
      sid       = "BringBack"
      actions   = ["sqs:SendMessage"]
      resources = [module.queues["notices"].arn]
    },
    {
      sid       = "SendMail"
      actions   = ["ses:SendRawEmail"]
      resources = concat([var.mail.identity_arn], var.mail.recipient_identity_arns, module.mail_events[*].configuration_set_arn)
      condition = { StringEquals = { "ses:FromAddress" = var.mail.from } }
    },
    ], [for statement in [
      {
        sid       = "ReadMailEvents"
        actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
        resources = module.mail_events[*].queue_arn
      },
      {
        # Of the incidents table only the rows of recipients in trouble.
        sid       = "NoteTrouble"
        actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem"]
        resources = [module.tables.arns["incidents"]]
        condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "suppression#*" } }
      },
      ] : statement if var.mail_events.enabled], [for addresses in [values(aws_ssm_parameter.webhook)[*].arn] : {
      sid       = "ReadWebhooks"
      actions   = ["ssm:GetParameter"]
      resources = addresses
  } if length(addresses) > 0])

  architecture            = var.architecture
  timeout_seconds         = var.functions.notify.timeout_seconds
  memory_mb               = var.functions.notify.memory_mb
  batch_size              = var.functions.notify.batch_size
  batching_window_seconds = var.functions.notify.batching_window_seconds
  maximum_concurrency     = var.functions.notify.maximum_concurrency
  log_level               = var.log_level
  tracing                 = local.tracing
  log_retention_days      = var.log_retention_days
  kms_key_arn             = var.kms_key_arn
  network                 = local.placement["notify"]
  tags                    = var.tags
}

module "feeds" {
  source = "../feeds"

  name     = var.name
  artifact = var.artifacts.ingest

  # MISP is off while it has no address.
  sources    = { for key, settings in var.feeds : key => settings if !contains(["misp_feeds", "mirrors"], key) && (key != "misp" || var.intelligence.misp.url != "") }
  misp_feeds = var.feeds.misp_feeds
  mirrors    = var.feeds.mirrors

  environment = merge(local.environment, local.judgement, {
    INTEL_TABLE                = module.tables.names["intel"]
    ABUSECH_KEY_PARAMETER      = aws_ssm_parameter.key["abusech"].name
    ABUSEIPDB_BLACKLIST_LIMIT  = var.feeds.abuseipdb.limit == null ? "default" : tostring(var.feeds.abuseipdb.limit)
    ABUSEIPDB_LEAST_CONFIDENCE = var.feeds.abuseipdb.least_confidence == null ? "default" : tostring(var.feeds.abuseipdb.least_confidence)
  })

  claims_table_arn = module.tables.arns["claims"]
  intel_table_arn  = module.tables.arns["intel"]
  # A feed that is off needs no key.
  parameter_arns = concat(
    [for feed in ["abuseipdb", "misp", "otx"] : aws_ssm_parameter.key[feed].arn if var.feeds[feed].enabled],
    anytrue([for feed in ["feodo", "urlhaus", "threatfox"] : var.feeds[feed].enabled]) ? [aws_ssm_parameter.key["abusech"].arn] : [],
    aws_ssm_parameter.misp_ca[*].arn,
  )

  architecture        = var.architecture
  timeout_seconds     = var.functions.ingest.timeout_seconds
  memory_mb           = var.functions.ingest.memory_mb
  log_level           = var.log_level
  tracing             = local.tracing
  log_retention_days  = var.log_retention_days
  deletion_protection = var.deletion_protection
  kms_key_arn         = var.kms_key_arn
  network             = local.placement["ingest"]
  tags                = var.tags
}

# Bounces and complaints come back to the function that sent the mail.
module "mail_events" {
  source = "../mail-events"
  count  = var.mail_events.enabled ? 1 : 0

  name                       = "${var.name}-mail-events"
  visibility_timeout_seconds = 6 * var.functions.notify.timeout_seconds
  require_tls                = var.mail_events.require_tls
  topic_key_arn              = local.topic_keys.mail_events
  max_receive_count          = var.max_receive_count
  kms_key_arn                = var.kms_key_arn
  tags                       = var.tags
}

# Two batches at once, so that a wave of bounces leaves the function to the notices.
resource "aws_lambda_event_source_mapping" "mail_events" {
  count = var.mail_events.enabled ? 1 : 0

  event_source_arn        = module.mail_events[0].queue_arn
  function_name           = module.notify.name
  function_response_types = ["ReportBatchItemFailures"]
  batch_size              = 10
  tags                    = var.tags

  scaling_config {
    maximum_concurrency = 2
  }
}

# Every 15 minutes, and whenever somebody calls it with {"hunt": {"from": …, "to": …}}.
module "hunt" {
  source = "../function"

  name        = "${var.name}-hunt"
  description = "Looks for valid accounts in the wrong hands in the logins that enrich has recorded"
  artifact    = var.artifacts.hunt

  environment = merge(local.environment, {
    SIGHTINGS_TABLE    = module.tables.names["sightings"]
    ENRICHED_QUEUE_URL = module.queues["enriched"].url
    FEEDBACK_QUEUE_URL = module.queues["feedback"].url

    HUNT_FAILURES         = tostring(var.hunting.failures)
    HUNT_SPRAYED_ACCOUNTS = tostring(var.hunting.sprayed_accounts)
    HUNT_WINDOW_MINUTES   = tostring(var.hunting.window_minutes)
    HUNT_TRAVEL_KMH       = tostring(var.hunting.travel_kmh)
    HUNT_LEARNING_DAYS    = tostring(var.hunting.learning_days)
    HUNT_DORMANT_DAYS     = tostring(var.hunting.dormant_days)
    HUNT_NETWORKS_AT_ONCE = tostring(var.hunting.networks_at_once)
    HUNT_MIN_SCORE        = tostring(var.hunting.min_score)
    HUNT_IGNORED_ACCOUNTS = join(",", var.hunting.ignored_accounts)
    HUNT_SHARED_ACCOUNTS  = coalesce(join(",", var.hunting.shared_accounts), ",")
    HUNT_TRUSTED_NETWORKS = join(",", var.hunting.trusted_networks)
  })

  statements = [
    local.claim_statement,
    {
      # Logins are read by hour and by account; the habits of accounts stand beside them.
      sid       = "ReadSightings"
      actions   = ["dynamodb:GetItem", "dynamodb:Query"]
      resources = [module.tables.arns["sightings"]]
    },
    {
      sid       = "KeepHabits"
      actions   = ["dynamodb:PutItem"]
      resources = [module.tables.arns["sightings"]]
      condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "habit#*" } }
    },
    {
      sid       = "HandOn"
      actions   = ["sqs:SendMessage"]
      resources = [module.queues["enriched"].arn, module.queues["feedback"].arn]
    },
  ]

  architecture       = var.architecture
  timeout_seconds    = var.functions.hunt.timeout_seconds
  memory_mb          = var.functions.hunt.memory_mb
  log_level          = var.log_level
  tracing            = local.tracing
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
  network            = local.placement["hunt"]
  tags               = var.tags
}

# The next hunt looks back far enough to make good for one that failed.
module "hunt_schedule" {
  source = "../schedules"

  schedules = { "${var.name}-hunt" = {
    description   = "Calls hunt for the logins of the last minutes"
    every_minutes = 15
    target_arn    = module.hunt.arn
    input         = jsonencode({ hunt = {} })
  } }
  functions         = { hunt = module.hunt.name }
  role_name         = "${var.name}-hunt-schedule"
  purpose           = "call hunt"
  event_age_seconds = 300
  kms_key_arn       = var.kms_key_arn
  tags              = var.tags
}

# The operator fills these with `aws ssm put-parameter --overwrite`; "unset" means that the provider is off. Terraform
# never sees the key: value_wo is not stored and is sent at creation only. Any later update of a parameter would have to
# send a value again, so everything but the tags is left alone.
# The default key aws/ssm lets every principal of the account decrypt what it may read: no kms permission is needed. A key of
# one's own counts for parameters that are made with it; the others change at their next `triage secrets set --key-id`.
resource "aws_ssm_parameter" "key" {
  for_each = {
    abuseipdb = "API key of AbuseIPDB"
    misp      = "API key of MISP"
    otx       = "API key of OTX"
    abusech   = "Auth-Key of abuse.ch, for its feeds"
    model     = "API key of the model"
  }

  name             = "/${var.name}/${each.key}-key"
  description      = each.value
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = "unset"
  value_wo_version = 1
  tags             = var.tags

  lifecycle {
    ignore_changes = [allowed_pattern, data_type, description, key_id, tier, value_wo, value_wo_version]
  }
}

# Whoever knows the address of a webhook can post, so it is kept as a key is; "unset" means that there is none yet.
resource "aws_ssm_parameter" "webhook" {
  for_each = toset([for group in var.mail_routes.groups : group.name if group.webhook])

  name             = "/${var.name}/webhook-${each.key}"
  description      = "Address of the chat webhook of the group ${each.key}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = "unset"
  value_wo_version = 1
  tags             = var.tags

  lifecycle {
    ignore_changes = [allowed_pattern, data_type, description, key_id, tier, value_wo, value_wo_version]
  }
}

# What the collector of traces knows us by, as `NAME=VALUE,NAME=VALUE`.
resource "aws_ssm_parameter" "traces_headers" {
  count = try(var.observability.traces.headers, false) ? 1 : 0

  name             = "/${var.name}/traces-headers"
  description      = "Headers for the collector of traces"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = "unset"
  value_wo_version = 1
  tags             = var.tags

  lifecycle {
    ignore_changes = [allowed_pattern, data_type, description, key_id, tier, value_wo, value_wo_version]
  }
}

# Certificates are public, so Terraform keeps them. A bundle above 4 KB needs the advanced tier, which costs a little.
resource "aws_ssm_parameter" "misp_ca" {
  count = var.intelligence.misp.ca_bundle == "" ? 0 : 1

  name        = "/${var.name}/misp-ca"
  description = "Certificates of the private CA of MISP (PEM)"
  type        = "String"
  tier        = "Intelligent-Tiering"
  value       = var.intelligence.misp.ca_bundle
  tags        = var.tags
}
