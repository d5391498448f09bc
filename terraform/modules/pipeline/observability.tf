# What tells the operator that something is wrong, and the synthetic alert that shows that all is well.

locals {
  # Where mails are only recorded, none could arrive.
  canary_flies = var.observability.enabled && var.observability.canary.enabled && var.mail_routes.mode != "record"
}

module "observability" {
  source = "../observability"
  count  = var.observability.enabled ? 1 : 0

  name              = var.name
  metrics_namespace = local.environment.METRICS_NAMESPACE

  queues = merge(
    { for key, queue in module.queues : key => { name = queue.name, dead_letter_name = queue.dead_letter_name } if key != "feedback" },
    { for module in module.mail_events : "mail-events" => { name = module.name, dead_letter_name = module.dead_letter_name } },
    # The publisher may be away for a day without anything being wrong here.
    { feedback = { name = module.queues["feedback"].name, dead_letter_name = module.queues["feedback"].dead_letter_name, max_age_seconds = 86400 } },
  )
  functions = {
    enrich = module.enrich.name, analyze = module.analyze.name, notify = module.notify.name
    ingest = module.feeds.function, hunt = module.hunt.name
  }

  # Three fetches may fail before somebody has to look; CloudWatch looks back a week.
  feeds = { for feed, minutes in module.feeds.schedules : feed => min(604800, max(3600, 180 * minutes)) }

  intelligence_providers = [for provider, settings in var.intelligence : provider if settings.url != ""]
  canary                 = local.canary_flies ? { silence_seconds = var.observability.canary.silence_hours * 3600 } : null

  notify       = merge(var.observability.notify, { topic_key_arn = local.topic_keys.alarms })
  runbooks_url = var.observability.runbooks_url
  dashboard    = var.observability.dashboard
  budget       = var.observability.budget
  tags         = var.tags
}

module "canary" {
  source = "../canary"
  count  = local.canary_flies ? 1 : 0

  name        = var.name
  queue_arn   = module.queues["alerts"].arn
  kms_key_arn = var.kms_key_arn
  tags        = var.tags
}
