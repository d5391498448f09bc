# One page: does everything that comes in end, how long does it take, what does it cost, what is in trouble.

locals {
  region = data.aws_region.current.id

  # Three widgets a row, 8 of 24 columns each.
  widgets = [
    {
      title = "Alerts: in, and how they ended"
      metrics = concat(
        [["AWS/SQS", "NumberOfMessagesSent", "QueueName", var.queues["alerts"].name, { label = "in" }]],
        [for end in var.ends : [var.metrics_namespace, "AlertsEnded", "stage", end.stage, "outcome", end.outcome, { label = "${end.outcome} (${end.stage})" }]],
      )
    },
    {
      title   = "Oldest message (s)"
      stat    = "Maximum"
      metrics = [for queue in var.queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue.name]]
    },
    {
      title   = "Dead letters waiting"
      stat    = "Maximum"
      metrics = [for queue in var.queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.dead_letter_name]]
    },
    {
      title   = "Mails"
      metrics = [for kind in ["notice", "digest", "storm"] : [var.metrics_namespace, "MailsSent", "stage", "notify", "kind", kind, { label = kind }]]
    },
    {
      title   = "Time of a batch (ms, 95 of 100)"
      stat    = "p95"
      metrics = [for function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function]]
    },
    {
      title = "Errors and throttles"
      metrics = concat(
        [for function in var.functions : ["AWS/Lambda", "Errors", "FunctionName", function, { label = "errors ${function}" }]],
        [for function in var.functions : ["AWS/Lambda", "Throttles", "FunctionName", function, { label = "throttles ${function}" }]],
      )
    },
    {
      title = "Providers: requests, and questions answered without one"
      metrics = concat(
        [for provider in var.intelligence_providers : [var.metrics_namespace, "ProviderRequests", "stage", "enrich", "provider", provider, { label = provider }]],
        [for provider in var.intelligence_providers : [var.metrics_namespace, "ProviderRequestsSaved", "stage", "enrich", "provider", provider, { label = "${provider}, saved" }]],
      )
    },
    {
      title   = "Model: cost (millionths of a dollar)"
      metrics = [for size in ["small", "large"] : [var.metrics_namespace, "ModelCostMicroUsd", "stage", "analyze", "model", size, { label = size }]]
    },
    {
      title   = "Feeds: age (s)"
      stat    = "Maximum"
      metrics = [for feed in sort(keys(var.feeds)) : [var.metrics_namespace, "FeedAgeSeconds", "stage", "ingest", "source", feed, { label = feed }]]
    },
  ]

  # CloudWatch refuses a graph of nothing.
  drawn = [for widget in local.widgets : widget if length(widget.metrics) > 0]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type = "alarm", x = 0, y = 0, width = 24, height = 4
        properties = {
          title  = "Alarms"
          alarms = [for key in sort(keys(aws_cloudwatch_metric_alarm.this)) : aws_cloudwatch_metric_alarm.this[key].arn]
        }
      }],
      [for index, widget in local.drawn : {
        type = "metric", width = 8, height = 6
        x    = index % 3 * 8, y = 4 + floor(index / 3) * 6
        properties = {
          title   = widget.title
          region  = local.region
          view    = "timeSeries"
          stat    = lookup(widget, "stat", "Sum")
          period  = 300
          metrics = widget.metrics
        }
      }],
    )
  })
}
