variable "name" {
  description = "Prefix of the names of alarms, topic, dashboard and budget."
  type        = string
}

variable "metrics_namespace" {
  description = "CloudWatch namespace that the functions write to."
  type        = string
  default     = "WazuhTriage"
}

variable "queues" {
  description = "Queues to watch; `alerts` is the one that the publisher sends to. max_age_seconds: how long a message may wait."
  type = map(object({
    name             = string
    dead_letter_name = string
    max_age_seconds  = optional(number, 900)
  }))

  validation {
    condition     = contains(keys(var.queues), "alerts")
    error_message = "queues must hold alerts: the ledger compares what came in there with what became of it."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.max_age_seconds >= 60 && queue.max_age_seconds <= 345600])
    error_message = "queues.*.max_age_seconds must be 60 to 345600: after 4 days SQS deletes a message."
  }
}

variable "functions" {
  description = "Names of the Lambda functions to watch, by stage."
  type        = map(string)
}

variable "swept" {
  description = "Stages that a schedule calls every minute."
  type        = set(string)
  default     = ["analyze", "notify"]
}

variable "intelligence_providers" {
  description = "Providers that are asked: each has an alarm for its key and one for its quota."
  type        = set(string)
  default     = ["abuseipdb", "misp", "otx"]
}

variable "feeds" {
  description = "Feed => seconds after which it is stale, at most a week."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for seconds in values(var.feeds) : seconds >= 3600 && seconds <= 604800])
    error_message = "feeds: a feed is stale after 3600 to 604800 seconds."
  }
}

variable "ends" {
  description = "Every way in which an alert ends, as the functions count them: what the ledger adds up. Empty: no such alarm."
  type        = list(object({ stage = string, outcome = string }))
  default = [
    { stage = "enrich", outcome = "observed" },
    { stage = "enrich", outcome = "ignored" },
    { stage = "enrich", outcome = "counted" },
    { stage = "enrich", outcome = "dead_lettered" },
    { stage = "analyze", outcome = "counted" },
    { stage = "analyze", outcome = "dead_lettered" },
    { stage = "notify", outcome = "notified" },
    { stage = "notify", outcome = "ignored" },
    { stage = "notify", outcome = "dead_lettered" },
  ]

  validation {
    condition     = length(var.ends) <= 9
    error_message = "ends: CloudWatch takes 10 metrics in one alarm, and one of them is what came in."
  }
}

variable "canary" {
  description = "silence_seconds: how long no synthetic alert may arrive, in whole hours, at most a day. null: there is none."
  type        = object({ silence_seconds = number })
  default     = null

  validation {
    condition     = var.canary == null ? true : var.canary.silence_seconds >= 3600 && var.canary.silence_seconds <= 86400 && var.canary.silence_seconds % 3600 == 0
    error_message = "canary.silence_seconds must be 3600 to 86400, a multiple of 3600."
  }
}

variable "thresholds" {
  description = "ledger_percent: share of the alerts of 6 hours that may still be on their way when the hours are over."
  type        = object({ ledger_percent = optional(number, 1) })
  default     = {}

  validation {
    condition     = var.thresholds.ledger_percent >= 0 && var.thresholds.ledger_percent < 100
    error_message = "thresholds.ledger_percent must be 0 to 99."
  }
}

variable "notify" {
  description = <<-TEXT
    Who is told of an alarm. Not by the pipeline itself: what is broken cannot tell of it.
    emails: a topic is made for them; SNS mails each a link that must be opened once.
    topic_arn: a topic of yours instead, for PagerDuty, Slack, a ticket system. It must let cloudwatch.amazonaws.com publish.
    topic_key_arn: KMS key for the topic that is made; its policy must let cloudwatch.amazonaws.com use it.
  TEXT
  type = object({
    emails        = optional(list(string), [])
    topic_arn     = optional(string)
    topic_key_arn = optional(string)
  })
  default = {}

  validation {
    condition     = alltrue([for email in var.notify.emails : can(regex("^[^@\\s,;<>\"]+@[^@\\s,;<>\"]+$", email))])
    error_message = "notify.emails must be plain addresses such as oncall@example.com."
  }

  validation {
    condition     = var.notify.topic_arn == null || length(var.notify.emails) == 0
    error_message = "notify takes emails or a topic_arn, not both: subscribe the addresses to your topic."
  }

  validation {
    condition     = var.notify.topic_arn == null ? true : can(regex("^arn:[^:]+:sns:", var.notify.topic_arn))
    error_message = "notify.topic_arn must be the ARN of an SNS topic."
  }
}

variable "runbooks_url" {
  description = "Where the runbooks are; each alarm links its own."
  type        = string
  default     = "https://github.com/wazuh-triage/wazuh-triage/blob/main/docs/runbooks"
}

variable "dashboard" {
  description = "Whether there is a dashboard. The first three of an account are free."
  type        = bool
  default     = true
}

variable "budget" {
  description = <<-TEXT
    Mail when 80 % of the month's cost is reached, and when all of it is foreseen. null: none.
    emails: who is told; empty: the topic of the alarms.
    cost_tag: count only what carries this tag, which must be active for cost allocation; null: the whole account.
  TEXT
  type = object({
    monthly_usd = number
    emails      = optional(list(string), [])
    cost_tag    = optional(object({ key = string, value = string }))
  })
  default = null

  validation {
    condition     = var.budget == null ? true : var.budget.monthly_usd > 0
    error_message = "budget.monthly_usd must be above 0."
  }

  validation {
    condition     = var.budget == null ? true : length(var.budget.emails) > 0 || length(var.notify.emails) > 0 || var.notify.topic_arn != null
    error_message = "budget needs somebody to tell: budget.emails, notify.emails or notify.topic_arn."
  }
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
}
