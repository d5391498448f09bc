mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/triage-sweep" }
  }
}

variables {
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
