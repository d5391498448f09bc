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
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:events" }
  }
  mock_resource "aws_ses_configuration_set" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:configuration-set/events" }
  }
}

override_resource {
  target = module.queue.aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:events" }
}

override_resource {
  target = module.queue.aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:events-dlq" }
}

variables {
  kms_key_arn                = null
  name                       = "events"
  visibility_timeout_seconds = 180
}

run "ses_tells_of_trouble_and_of_nothing_else" {
  assert {
    condition     = aws_ses_event_destination.this.matching_types == toset(["bounce", "complaint", "reject"]) && aws_ses_event_destination.this.enabled
    error_message = "Only bounces, complaints and rejects are wanted."
  }

  assert {
    condition     = aws_ses_event_destination.this.configuration_set_name == "events" && one(aws_ses_event_destination.this.sns_destination).topic_arn == aws_sns_topic.this.arn
    error_message = "The configuration set must publish to the topic."
  }

  assert {
    condition     = one(aws_ses_configuration_set.this.delivery_options).tls_policy == "Optional"
    error_message = "A server without TLS must still get mail unless the operator says otherwise."
  }
}

run "only_this_configuration_set_may_publish_and_only_over_tls" {
  assert {
    condition = { for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : "${statement.Effect} ${statement.Sid}" => statement.Condition } == {
      "Allow PublishFromSes" = { StringEquals = {
        "aws:SourceAccount" = "123456789012"
        "aws:SourceArn"     = "arn:aws:ses:eu-central-1:123456789012:configuration-set/events"
      } }
      "Deny RefuseWithoutTls" = { Bool = { "aws:SecureTransport" = "false" } }
    }
    error_message = "The topic must take events of this configuration set only."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.this.policy).Statement[0].Principal == { Service = "ses.amazonaws.com" }
    error_message = "Only SES may publish."
  }
}

run "events_go_into_a_queue_as_ses_wrote_them" {
  assert {
    condition = (
      aws_sns_topic_subscription.this.endpoint == module.queue.arn && aws_sns_topic_subscription.this.protocol == "sqs" &&
      aws_sns_topic_subscription.this.raw_message_delivery
    )
    error_message = "The queue must get the event itself, without SNS's envelope."
  }

  assert {
    condition     = module.queue.source.visibility_timeout_seconds == 180
    error_message = "The queue must hide an event as long as it is told."
  }
}

run "tls_can_be_required" {
  variables {
    require_tls = true
  }

  assert {
    condition     = one(aws_ses_configuration_set.this.delivery_options).tls_policy == "Require"
    error_message = "require_tls must reach SES."
  }
}

run "the_key_of_aws_is_refused" {
  command = plan

  variables {
    topic_key_arn = "alias/aws/sns"
  }

  expect_failures = [var.topic_key_arn]
}

run "a_name_with_a_dot_is_refused" {
  command = plan

  variables {
    name = "events.of.mail"
  }

  expect_failures = [var.name]
}
