mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/triage-canary" }
  }
}

variables {
  kms_key_arn = null
  name        = "triage"
  queue_arn   = "arn:aws:sqs:eu-central-1:123456789012:triage-alerts"
}

run "scheduler_finds_its_words_in_the_alert" {
  assert {
    condition     = strcontains(output.alert, "\"id\":\"<aws.scheduler.execution-id>\"") && strcontains(output.alert, "\"timestamp\":\"<aws.scheduler.scheduled-time>\"")
    error_message = "Each canary needs an id of its own, or it is taken for a repeat: ${output.alert}"
  }

  assert {
    condition     = jsondecode(output.alert).rule.groups == ["wazuh_triage_canary"] && jsondecode(output.alert).data.dstuser == "<aws.scheduler.execution-id>"
    error_message = "The functions know a canary by its rule's group, and its incident by its user."
  }
}

run "it_may_send_one_thing_to_one_queue" {
  assert {
    condition     = jsondecode(output.policy).Statement == [{ Sid = "ReachTargets", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [var.queue_arn] }]
    error_message = "The schedule needs nothing else."
  }
}
