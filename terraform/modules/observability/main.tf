# What tells a person that something needs one: an alarm for each thing, a topic that carries them, a dashboard, a budget.
#
# Every alarm is a row of local.alarms (alarms.tf): metrics, an expression over them, a limit, a runbook.

data "aws_region" "current" {}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.text} Runbook: ${trimsuffix(var.runbooks_url, "/")}/${each.value.runbook}.md"
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.limit
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = local.topics
  ok_actions          = local.topics
  tags                = var.tags

  dynamic "metric_query" {
    for_each = each.value.metrics
    content {
      id = metric_query.key
      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = each.value.period
      }
    }
  }

  metric_query {
    id          = "result"
    label       = each.key
    expression  = each.value.expression
    return_data = true
  }
}

locals {
  own_topic = var.notify.topic_arn == null && length(var.notify.emails) > 0
  topics    = compact([var.notify.topic_arn, one(aws_sns_topic.alarms[*].arn)])
}

# CloudWatch cannot publish to a topic that is encrypted with the key of AWS. An alarm names a queue or a function and
# holds nothing of an alert.
resource "aws_sns_topic" "alarms" {
  count = local.own_topic ? 1 : 0

  name              = "${var.name}-alarms"
  kms_master_key_id = var.notify.topic_key_arn
  tags              = var.tags
}

data "aws_caller_identity" "current" {}

resource "aws_sns_topic_policy" "alarms" {
  count = local.own_topic ? 1 : 0

  arn = aws_sns_topic.alarms[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "PublishFromAlarms"
        Effect    = "Allow"
        Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
      {
        Sid       = "RefuseWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# SNS mails each address a link that must be opened once.
resource "aws_sns_topic_subscription" "email" {
  for_each = local.own_topic ? toset(var.notify.emails) : []

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = each.value
}

# Of the whole account unless the tag is activated for cost allocation, which takes a day and the billing console.
resource "aws_budgets_budget" "monthly" {
  count = var.budget == null ? 0 : 1

  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.budget.monthly_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "cost_filter" {
    for_each = var.budget.cost_tag == null ? [] : [var.budget.cost_tag]
    content {
      name   = "TagKeyValue"
      values = [format("user:%s$%s", cost_filter.value.key, cost_filter.value.value)]
    }
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.budget.emails
      subscriber_sns_topic_arns  = length(var.budget.emails) > 0 ? [] : local.topics
    }
  }
}
