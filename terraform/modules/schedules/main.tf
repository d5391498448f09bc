# Schedules that do one thing to one or more targets, and the role that lets them do that and nothing else.

locals {
  # Scheduler opens its schedules with the role of each, and a message for a queue that is encrypted by the same key needs a
  # data key.
  key_statements = [for arn in var.kms_key_arn[*] : {
    Sid      = "UseKey"
    Effect   = "Allow"
    Action   = concat(["kms:Decrypt"], var.action == "sqs:SendMessage" ? ["kms:GenerateDataKey"] : [])
    Resource = [arn]
    Condition = { StringEquals = { "kms:ViaService" = [
      for service in concat(["scheduler"], var.action == "sqs:SendMessage" ? ["sqs"] : []) : "${service}.${split(":", arn)[3]}.amazonaws.com"
    ] } }
  }]
}

resource "aws_scheduler_schedule" "this" {
  for_each = var.schedules

  name                = each.key
  description         = each.value.description
  kms_key_arn         = var.kms_key_arn
  schedule_expression = "rate(${each.value.every_minutes} ${each.value.every_minutes == 1 ? "minute" : "minutes"})"

  flexible_time_window {
    mode                      = each.value.spread_minutes == 0 ? "OFF" : "FLEXIBLE"
    maximum_window_in_minutes = each.value.spread_minutes == 0 ? null : each.value.spread_minutes
  }

  target {
    arn      = each.value.target_arn
    role_arn = aws_iam_role.this.arn
    input    = each.value.input

    retry_policy {
      maximum_retry_attempts       = var.retries
      maximum_event_age_in_seconds = var.event_age_seconds
    }
  }
}

resource "aws_iam_role" "this" {
  name        = var.role_name
  description = "Lets schedules ${var.purpose}"
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
  name = "schedule"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid      = "ReachTargets"
      Effect   = "Allow"
      Action   = [var.action]
      Resource = distinct([for schedule in values(var.schedules) : schedule.target_arn])
    }], local.key_statements)
  })
}

# Lambda has a queue of its own for such calls, which would repeat them as well: what one call does not do the next one does.
resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = var.functions

  function_name                = each.value
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = var.event_age_seconds
}
