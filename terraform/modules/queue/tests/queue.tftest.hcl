mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
}

override_resource {
  target = aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:alerts" }
}

override_resource {
  target = aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:alerts-dlq" }
}

variables {
  kms_key_arn = null
  name        = "alerts"
}

run "a_message_that_keeps_failing_goes_to_the_dead_letter_queue" {
  assert {
    condition = jsondecode(aws_sqs_queue_redrive_policy.main.redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
      maxReceiveCount     = 5
    }
    error_message = "The redrive policy must name the DLQ and 5 tries."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = [aws_sqs_queue.main.arn]
    }
    error_message = "Only the main queue may use the DLQ."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.name == "alerts-dlq"
    error_message = "The DLQ must be called <name>-dlq."
  }

  assert {
    condition     = aws_sqs_queue.main.message_retention_seconds == 345600 && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "Messages must be kept 4 days, in the DLQ 14."
  }
}

run "both_queues_are_encrypted_and_refuse_plain_connections" {
  assert {
    condition     = aws_sqs_queue.main.sqs_managed_sse_enabled && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled
    error_message = "Both queues must be encrypted at rest."
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.main, aws_sqs_queue.dead_letter] : jsondecode(queue.policy).Statement == [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = queue.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]])
    error_message = "Both queues must refuse requests without TLS, each by its own ARN."
  }

  assert {
    condition     = aws_sqs_queue.main.max_message_size == 262144 && aws_sqs_queue.dead_letter.max_message_size == 262144
    error_message = "Messages are 256 KiB at most."
  }
}

run "fewer_than_three_tries_are_refused" {
  command = plan

  variables {
    max_receive_count = 2
  }

  expect_failures = [var.max_receive_count]
}

run "a_name_without_room_for_the_suffix_is_refused" {
  command = plan

  variables {
    name = "a23456789-123456789-123456789-123456789-123456789-123456789-123456789-1234567"
  }

  expect_failures = [var.name]
}

run "a_visibility_timeout_above_twelve_hours_is_refused" {
  command = plan

  variables {
    visibility_timeout_seconds = 43201
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_topic_may_send_to_the_queue_if_it_is_named" {
  variables {
    sender_topic_arn = "arn:aws:sns:eu-central-1:123456789012:events"
  }

  assert {
    condition = { for statement in jsondecode(aws_sqs_queue.main.policy).Statement : "${statement.Effect} ${statement.Sid}" => statement.Resource } == {
      "Deny RefuseWithoutTls" = "arn:aws:sqs:eu-central-1:123456789012:alerts"
      "Allow SendFromTopic"   = "arn:aws:sqs:eu-central-1:123456789012:alerts"
    }
    error_message = "The queue must let the topic send, and still refuse plain connections."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.main.policy).Statement[1].Condition == { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:events" } }
    error_message = "No other topic may send."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement : statement.Effect] == ["Deny"]
    error_message = "Nobody sends to the DLQ by this policy."
  }
}

run "a_key_of_ones_own_encrypts_both_queues_with_a_data_key_for_five_minutes" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.main, aws_sqs_queue.dead_letter] :
      queue.kms_master_key_id == var.kms_key_arn && queue.kms_data_key_reuse_period_seconds == 300
    ])
    error_message = "Both queues must have the key, and not ask KMS for every message."
  }
}
