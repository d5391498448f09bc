# One alarm a row. `missing` says what silence means: nothing happened, or what should have happened did not.

locals {
  sqs    = { namespace = "AWS/SQS", stat = "Maximum" }
  lambda = { namespace = "AWS/Lambda", stat = "Sum" }
  own    = { namespace = var.metrics_namespace, stat = "Sum" }

  # Every few minutes, and one bad period is enough.
  soon = { period = 300, periods = 1, limit = 0, missing = "notBreaching" }

  queue_alarms = merge([for key, queue in var.queues : {
    "dlq-${key}" = merge(local.soon, {
      runbook    = "dead-letter-queue"
      text       = "Messages wait in ${queue.dead_letter_name}: alerts that could not be handled."
      expression = "m1"
      metrics    = { m1 = merge(local.sqs, { name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = queue.dead_letter_name } }) }
    })
    "age-${key}" = merge(local.soon, {
      runbook    = "queue-age"
      text       = "The oldest message of ${queue.name} has waited longer than ${queue.max_age_seconds} s."
      limit      = queue.max_age_seconds
      periods    = 2
      expression = "m1"
      metrics    = { m1 = merge(local.sqs, { name = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = queue.name } }) }
    })
  }]...)

  function_alarms = merge([for key, function in var.functions : {
    "errors-${key}" = merge(local.soon, {
      runbook    = "function-errors"
      text       = "${function} fails as a whole: every record of a batch, a timeout, or no start."
      periods    = 2
      expression = "m1"
      metrics    = { m1 = merge(local.lambda, { name = "Errors", dimensions = { FunctionName = function } }) }
    })
    "throttles-${key}" = merge(local.soon, {
      runbook    = "function-throttles"
      text       = "${function} is kept from running: the account's concurrency is used up."
      periods    = 2
      expression = "m1"
      metrics    = { m1 = merge(local.lambda, { name = "Throttles", dimensions = { FunctionName = function } }) }
    })
  }]...)

  # FILL turns a period without a data point into 0, so that silence is a number.
  sweep_alarms = { for stage in var.swept : "sweep-${stage}" => {
    runbook    = "sweep-missing"
    text       = "${stage} has not swept for 15 minutes: updates and digests stay unsent."
    period     = 900
    periods    = 1
    limit      = 0
    missing    = "breaching"
    expression = "IF(FILL(m1, 0) < 1, 1, 0)"
    metrics    = { m1 = merge(local.own, { name = "Sweeps", dimensions = { stage = stage } }) }
  } }

  provider_alarms = merge([for provider in var.intelligence_providers : {
    "provider-key-${provider}" = merge(local.soon, {
      runbook    = "provider-key"
      text       = "${provider} refuses its key: its verdicts are missing."
      expression = "m1"
      metrics    = { m1 = merge(local.own, { name = "ProviderFailures", dimensions = { stage = "enrich", provider = provider, reason = "unauthorized" } }) }
    })
    "provider-quota-${provider}" = merge(local.soon, {
      runbook    = "provider-quota"
      text       = "The day's requests to ${provider} are used up."
      expression = "m1"
      metrics    = { m1 = merge(local.own, { name = "ProviderFailures", dimensions = { stage = "enrich", provider = provider, reason = "quota_exhausted" } }) }
    })
  }]...)

  model_alarms = {
    "model-key" = merge(local.soon, {
      runbook    = "model-key"
      text       = "The model refuses its key, address or name, or its quota is used up: mails come without an analysis."
      expression = "SUM([m1, m2])"
      metrics = { for id, reason in { m1 = "configuration", m2 = "quota_exhausted" } :
      id => merge(local.own, { name = "AnalysesUnavailable", dimensions = { stage = "analyze", reason = reason } }) }
    })
    "model-budget" = merge(local.soon, {
      runbook    = "model-budget"
      text       = "The day's budget for the model is used up: mails come without an analysis until midnight UTC."
      expression = "m1"
      metrics    = { m1 = merge(local.own, { name = "ModelBudgetExhausted", dimensions = { stage = "analyze" } }) }
    })
    "model-breaker" = merge(local.soon, {
      runbook    = "model-breaker"
      text       = "The model has failed for 15 minutes and is left alone: mails come without an analysis."
      periods    = 3
      expression = "m1"
      metrics    = { m1 = merge(local.own, { name = "ModelBreakerOpen", stat = "Maximum", dimensions = { stage = "analyze" } }) }
    })
  }

  mail_alarms = {
    "mail-account" = merge(local.soon, {
      runbook    = "mail-account"
      text       = "SES refuses the account: notices wait, and nobody is told of alerts."
      expression = "SUM([m1, m2])"
      metrics = { for id, reason in { m1 = "sending_paused", m2 = "daily_quota" } :
      id => merge(local.own, { name = "MailAccountPaused", dimensions = { stage = "notify", reason = reason } }) }
    })
    "mail-bounced" = merge(local.soon, {
      runbook    = "mail-bounced"
      text       = "A recipient cannot be reached, or marked a mail as spam. SES stops accounts that go on."
      expression = "SUM([m1, m2])"
      metrics = {
        m1 = merge(local.own, { name = "MailBounced", dimensions = { stage = "notify", type = "permanent" } })
        m2 = merge(local.own, { name = "MailComplaints", dimensions = { stage = "notify" } })
      }
    })
    "notices-held" = merge(local.soon, {
      runbook    = "notices-held"
      text       = "Notices or digests could not be sent for 15 minutes."
      periods    = 3
      expression = "SUM([m1, m2])"
      metrics = {
        m1 = merge(local.own, { name = "NoticesNotSent", dimensions = { stage = "analyze" } })
        m2 = merge(local.own, { name = "DigestsNotSent", dimensions = { stage = "notify" } })
      }
    })
  }

  feed_alarms = { for feed, seconds in var.feeds : "feed-${feed}" => {
    runbook    = "feed-stale"
    text       = "${feed} was not brought up to date for ${seconds / 3600} h."
    period     = 3600
    periods    = 1
    limit      = seconds
    missing    = "breaching"
    expression = "m1"
    metrics    = { m1 = merge(local.own, { name = "FeedAgeSeconds", stat = "Maximum", dimensions = { stage = "ingest", source = feed } }) }
  } }

  # What came in, and every way in which an alert ends: the promise of docs/delivery.md as a number. What is on its way
  # when a period ends is why the limit is not 0 and one bad period not enough; see the runbook.
  ends = { for index, end in var.ends : "e${index}" => merge(local.own, {
    name = "AlertsEnded", dimensions = { stage = end.stage, outcome = end.outcome }
  }) }

  ledger_alarm = length(var.ends) == 0 ? {} : { "ledger" = {
    runbook    = "ledger"
    text       = "More than ${var.thresholds.ledger_percent} % of the alerts of 6 hours have no end in the ledger."
    period     = 21600
    periods    = 2
    limit      = var.thresholds.ledger_percent
    missing    = "notBreaching"
    expression = "IF(FILL(m1, 0) > 0, 100 * (FILL(m1, 0) - (${join(" + ", [for id in sort(keys(local.ends)) : "FILL(${id}, 0)"])})) / FILL(m1, 0), 0)"
    metrics    = merge({ m1 = merge(local.sqs, { name = "NumberOfMessagesSent", stat = "Sum", dimensions = { QueueName = var.queues["alerts"].name } }) }, local.ends)
  } }

  canary_alarm = var.canary == null ? {} : { "canary" = {
    runbook    = "canary"
    text       = "No synthetic alert has come through as a mail for ${var.canary.silence_seconds / 3600} h."
    period     = var.canary.silence_seconds
    periods    = 1
    limit      = 0
    missing    = "breaching"
    expression = "IF(FILL(m1, 0) < 1, 1, 0)"
    metrics    = { m1 = merge(local.own, { name = "CanariesArrived", dimensions = { stage = "notify" } }) }
  } }

  alarms = merge(
    local.queue_alarms, local.function_alarms, local.sweep_alarms, local.provider_alarms, local.model_alarms,
    local.mail_alarms, local.feed_alarms, local.ledger_alarm, local.canary_alarm,
  )
}
