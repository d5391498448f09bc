mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/triage-sweep" }
  }
}

variables {
  kms_key_arn = null
  schedules = {
    triage-sweep-one = { description = "Sweeps", every_minutes = 1, target_arn = "arn:aws:lambda:eu-central-1:123456789012:function:one", input = "{}" }
    triage-sweep-two = { description = "Sweeps", every_minutes = 15, spread_minutes = 5, target_arn = "arn:aws:lambda:eu-central-1:123456789012:function:two", input = "{}" }
  }
  role_name         = "triage-sweep"
  purpose           = "call their functions"
  functions         = { one = "one", two = "two" }
  event_age_seconds = 60
}

run "rates_are_in_words_that_scheduler_knows" {
  assert {
    condition     = { for name, schedule in output.schedules : name => "${schedule.expression} ${schedule.window}" } == { triage-sweep-one = "rate(1 minute) OFF", triage-sweep-two = "rate(15 minutes) FLEXIBLE" }
    error_message = "Scheduler takes `1 minute` and `15 minutes`, and a window only where it is flexible."
  }
}

run "the_role_reaches_the_targets_and_nothing_else" {
  assert {
    condition = jsondecode(output.policy).Statement == [{
      Sid      = "ReachTargets", Effect = "Allow", Action = ["lambda:InvokeFunction"]
      Resource = ["arn:aws:lambda:eu-central-1:123456789012:function:one", "arn:aws:lambda:eu-central-1:123456789012:function:two"]
    }]
    error_message = "The schedules may do one thing to their own targets."
  }
}

run "no_call_is_repeated_behind_the_back_of_the_schedule" {
  assert {
    condition     = alltrue([for config in aws_lambda_function_event_invoke_config.this : config.maximum_retry_attempts == 0 && config.maximum_event_age_in_seconds == 60]) && length(aws_lambda_function_event_invoke_config.this) == 2
    error_message = "Lambda's own queue must not repeat a call."
  }
}

run "another_action_is_refused" {
  command = plan

  variables {
    action = "lambda:DeleteFunction"
  }

  expect_failures = [var.action]
}

run "a_key_of_ones_own_encrypts_the_schedules_and_their_role_may_open_them" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.kms_key_arn == var.kms_key_arn])
    error_message = "Every schedule must have the key."
  }

  assert {
    condition = [for statement in jsondecode(output.policy).Statement : statement if statement.Sid == "UseKey"] == [{
      Sid       = "UseKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"]
      Condition = { StringEquals = { "kms:ViaService" = ["scheduler.eu-central-1.amazonaws.com"] } }
    }]
    error_message = "The role must open schedules with the key, by Scheduler, and nothing else."
  }
}

run "a_message_for_an_encrypted_queue_needs_a_data_key" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
    action      = "sqs:SendMessage"
    functions   = {}
  }

  assert {
    condition = [for statement in jsondecode(output.policy).Statement : [statement.Action, statement.Condition.StringEquals["kms:ViaService"]] if statement.Sid == "UseKey"] == [[
      ["kms:Decrypt", "kms:GenerateDataKey"], ["scheduler.eu-central-1.amazonaws.com", "sqs.eu-central-1.amazonaws.com"],
    ]]
    error_message = "The role must seal messages with the key, by SQS."
  }
}
