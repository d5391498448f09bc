output "queues" {
  description = "Queue URLs: `alerts`, `enriched`, `notices`, `feedback`."
  value       = { for queue, module in module.queues : queue => module.url }
}

output "queue_arns" {
  description = "Queue ARNs, by the same keys."
  value       = { for queue, module in module.queues : queue => module.arn }
}

output "dead_letter_queues" {
  description = "URLs of the dead-letter queues, by the same keys."
  value       = { for queue, module in module.queues : queue => module.dead_letter_url }
}

output "dead_letter_queue_arns" {
  description = "ARNs of the dead-letter queues, by the same keys."
  value       = { for queue, module in module.queues : queue => module.dead_letter_arn }
}

output "tables" {
  description = "Table names: `claims`, `intel`, `incidents`, `analyses`, `sightings`, `deliveries`."
  value       = module.tables.names
}

output "functions" {
  description = "Function names: `enrich`, `analyze`, `notify`, `ingest`, `hunt`."
  value       = { enrich = module.enrich.name, analyze = module.analyze.name, notify = module.notify.name, ingest = module.feeds.function, hunt = module.hunt.name }
}

output "log_groups" {
  description = "Log group names, by the same keys as `functions`."
  value       = { enrich = module.enrich.log_group, analyze = module.analyze.log_group, notify = module.notify.log_group, ingest = module.feeds.log_group, hunt = module.hunt.log_group }
}

output "parameters" {
  description = "Names of the SSM parameters that the operator fills: `abuseipdb_key`, `misp_key`, `otx_key`, `abusech_key`, `model_key`, `webhook_<group>` of each group with a webhook, and `traces_headers` where the collector of traces wants them."
  value = merge(
    { for key, parameter in aws_ssm_parameter.key : "${key}_key" => parameter.name },
    { for group, parameter in aws_ssm_parameter.webhook : "webhook_${group}" => parameter.name },
    { for parameter in aws_ssm_parameter.traces_headers : "traces_headers" => parameter.name },
  )
}

output "feeds" {
  description = "Feeds: `bucket`, which holds their copies, the snapshot and the lists, and `every_minutes` by feed."
  value       = { bucket = module.feeds.bucket, every_minutes = module.feeds.schedules }
}

output "mail" {
  description = "Sender and recipients."
  value       = { from = var.mail.from, to = var.mail.to }
}

output "mail_events" {
  description = "What becomes of mails: configuration set, queue URL, URL of its dead-letter queue. null while `mail_events.enabled` is false."
  value = one([for events in module.mail_events : {
    configuration_set     = events.configuration_set
    queue_url             = events.queue_url
    dead_letter_queue_url = events.dead_letter_queue_url
  }])
}

output "publisher_policy" {
  description = "IAM policy (JSON) for the publisher on the Wazuh manager: it may send to the alerts queue, take from the feedback queue and fetch lists, nothing else."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "SendAlerts"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [module.queues["alerts"].arn]
      },
      {
        Sid      = "TakeFeedback"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
        Resource = [module.queues["feedback"].arn]
      },
      {
        Sid      = "FetchLists"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = module.feeds.list_arns
      },
      {
        # Without it S3 does not say whether a list is missing or forbidden.
        Sid      = "SeeWhatIsMissing"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [module.feeds.bucket_arn]
      },
      ], [for arn in var.kms_key_arn[*] : {
        # SQS and S3 use the key in the publisher's name; it cannot use it itself.
        Sid       = "UseKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [arn]
        Condition = { StringEquals = { "kms:ViaService" = [for service in ["s3", "sqs"] : "${service}.${data.aws_region.current.id}.amazonaws.com"] } }
    }])
  })
}

output "alarms" {
  description = "Names of the alarms, by what they watch; empty without observability."
  value       = merge(module.observability[*].alarms...)
}

output "canary_alert" {
  description = "The synthetic alert, with Scheduler's words for its id and time; null without it."
  value       = one(module.canary[*].alert)
}

output "network" {
  description = "Functions inside a VPC: `inside`, their names; `endpoints`, the services of AWS that must be reached there; `vpc_id`, `subnet_ids` and `security_group_ids`, of the VPC that was made or of yours (`vpc_id` null)."
  value = {
    inside             = local.inside
    endpoints          = sort(keys(local.endpoints))
    vpc_id             = one(module.network[*].vpc_id)
    subnet_ids         = lookup(local.subnets, "made", var.network).subnet_ids
    security_group_ids = lookup(local.subnets, "made", var.network).security_group_ids
  }

  precondition {
    condition     = length(local.stranded) == 0
    error_message = "network.functions puts functions where they cannot work: ${join("; ", local.stranded)}. Leave them out of network.functions, give subnets that lead to the internet (network.internet = true), or name in network.without_internet the hosts that are reached without it or never asked."
  }
}

output "key_policy" {
  description = "Policy (JSON) that a KMS key of yours needs for `kms_key_arn`; it depends on `name` alone."
  value       = module.key_policy.json
}
