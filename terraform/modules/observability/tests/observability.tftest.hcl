mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:triage-alarms" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:one" }
  }
}

variables {
  name = "triage"
  queues = {
    alerts  = { name = "triage-alerts", dead_letter_name = "triage-alerts-dlq" }
    notices = { name = "triage-notices", dead_letter_name = "triage-notices-dlq", max_age_seconds = 600 }
  }
  functions = { enrich = "triage-enrich", notify = "triage-notify" }
  feeds     = { otx = 21600 }
  canary    = { silence_seconds = 10800 }
  notify    = { emails = ["oncall@example.com"] }
}

run "each_thing_that_needs_a_person_has_an_alarm" {
  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset([
      "dlq-alerts", "dlq-notices", "age-alerts", "age-notices", "errors-enrich", "errors-notify", "throttles-enrich",
      "throttles-notify", "sweep-analyze", "sweep-notify", "provider-key-abuseipdb", "provider-key-misp", "provider-key-otx",
      "provider-quota-abuseipdb", "provider-quota-misp", "provider-quota-otx", "model-key", "model-budget", "model-breaker",
      "mail-account", "mail-bounced", "notices-held", "feed-otx", "ledger", "canary",
    ])
    error_message = "Alarms: ${join(", ", keys(aws_cloudwatch_metric_alarm.this))}"
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:triage-alarms"]) && alarm.ok_actions == alarm.alarm_actions
    ])
    error_message = "Every alarm must be told, and its end."
  }

  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this : endswith(alarm.alarm_description, "/docs/runbooks/${output.runbooks[key]}.md")])
    error_message = "Every alarm must link its runbook."
  }

  assert {
    condition     = alltrue([for runbook in values(output.runbooks) : fileexists("../../../docs/runbooks/${runbook}.md")])
    error_message = "There is no docs/runbooks file for: ${join(", ", [for runbook in values(output.runbooks) : runbook if !fileexists("../../../docs/runbooks/${runbook}.md")])}"
  }
}

# CloudWatch takes ten metrics in one alarm, and periods that together are at most a day, or a week from an hour upwards.
run "cloudwatch_takes_every_alarm" {
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.metric_query) <= 11])
    error_message = "An alarm has more than 10 metrics and its expression."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length([for query in alarm.metric_query : query if query.return_data == true]) == 1])
    error_message = "An alarm must return exactly one series."
  }

  assert {
    condition = alltrue(flatten([for alarm in aws_cloudwatch_metric_alarm.this : [for query in alarm.metric_query : [for metric in query.metric :
      contains([300, 900, 3600, 10800, 21600], metric.period) && metric.period * alarm.evaluation_periods <= (metric.period < 3600 ? 86400 : 604800)
    ]]]))
    error_message = "A period is out of range."
  }
}

run "silence_is_an_alarm_where_something_should_have_happened" {
  assert {
    condition     = toset([for key, alarm in aws_cloudwatch_metric_alarm.this : key if alarm.treat_missing_data == "breaching"]) == toset(["sweep-analyze", "sweep-notify", "feed-otx", "canary"])
    error_message = "Only what should have happened may be missed."
  }
}

run "the_ledger_adds_up_every_end" {
  assert {
    condition     = length([for query in aws_cloudwatch_metric_alarm.this["ledger"].metric_query : query if length(query.metric) > 0]) == 1 + length(var.ends)
    error_message = "The ledger must compare what came in with every end."
  }
}

run "a_topic_of_ones_own_is_used" {
  variables {
    notify = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:pager" }
  }

  assert {
    condition     = length(aws_sns_topic.alarms) == 0 && aws_cloudwatch_metric_alarm.this["ledger"].alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:pager"])
    error_message = "No topic must be made beside the operator's."
  }
}

run "without_feeds_and_canary_nothing_waits_for_them" {
  variables {
    feeds  = {}
    canary = null
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "canary") && length([for key in keys(aws_cloudwatch_metric_alarm.this) : key if startswith(key, "feed-")]) == 0
    error_message = "What does not exist must not be missed."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.type == "alarm" || length(lookup(widget.properties, "metrics", [])) > 0])
    error_message = "A graph of nothing is refused by CloudWatch."
  }
}

run "the_budget_tells_somebody" {
  variables {
    budget = { monthly_usd = 50, emails = ["owner@example.com"], cost_tag = { key = "Project", value = "wazuh-triage" } }
  }

  assert {
    condition     = one(one(aws_budgets_budget.monthly).cost_filter).values == tolist(["user:Project$wazuh-triage"])
    error_message = "The budget must count what carries the tag."
  }
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan

  variables {
    notify = {}
    budget = { monthly_usd = 50 }
  }

  expect_failures = [var.budget]
}

run "queues_without_the_first_are_refused" {
  command = plan

  variables {
    queues = { notices = { name = "triage-notices", dead_letter_name = "triage-notices-dlq" } }
  }

  expect_failures = [var.queues]
}
