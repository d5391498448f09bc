# A synthetic alert every hour, into the queue that the publisher sends to. EventBridge Scheduler writes its id and time.

locals {
  # Each one opens an incident of its own, because its user is the execution: a first mail is what has to arrive.
  alert = {
    timestamp = "<aws.scheduler.scheduled-time>"
    id        = "<aws.scheduler.execution-id>"
    manager   = { name = "canary" }
    agent     = { id = "000", name = "canary" }
    rule = {
      id          = "wazuh-triage-canary"
      level       = 12
      description = "Synthetic alert: every stage of the pipeline works"
      groups      = ["wazuh_triage_canary"]
    }
    data     = { dstuser = "<aws.scheduler.execution-id>" }
    full_log = "Nothing happened. This alert goes through the whole pipeline every hour."
    location = "wazuh-triage-canary"
  }
}

resource "aws_scheduler_schedule" "this" {
  name                = "${var.name}-canary"
  description         = "Sends a synthetic alert through the pipeline"
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.queue_arn
    role_arn = aws_iam_role.this.arn
    # jsonencode() writes < and > as \u003c and \u003e, in which Scheduler does not see its own words.
    input = replace(replace(jsonencode(local.alert), "\\u003c", "<"), "\\u003e", ">")

    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 600
    }
  }
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-canary"
  description = "Lets the schedule ${var.name}-canary send its alert"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "canary"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "SendAlert"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [var.queue_arn]
    }]
  })
}
