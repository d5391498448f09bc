# What becomes of mails: SES -> configuration set -> SNS topic -> queue. The function that sends the mails reads it.
#
# A queue stands between SNS and the function, so that an event has the retries, the partial batches and the dead-letter
# queue of every other message. SNS itself tries a queue for 23 days, so the subscription needs no dead-letter queue.

data "aws_caller_identity" "current" {}

resource "aws_ses_configuration_set" "this" {
  name = var.name

  delivery_options {
    tls_policy = var.require_tls ? "Require" : "Optional"
  }
}

# Deliveries, opens and clicks are not asked for: nobody here needs them, and each would be a message.
resource "aws_ses_event_destination" "this" {
  name                   = "trouble"
  configuration_set_name = aws_ses_configuration_set.this.name
  enabled                = true
  matching_types         = ["bounce", "complaint", "reject"]

  sns_destination {
    topic_arn = aws_sns_topic.this.arn
  }

  depends_on = [aws_sns_topic_policy.this] # SES tries the topic at once
}

# SES cannot publish to a topic that is encrypted with the key of AWS, only with one of your own. An event holds the
# headers of the mail, not its body.
resource "aws_sns_topic" "this" {
  name              = var.name
  kms_master_key_id = var.topic_key_arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "PublishFromSes"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          "aws:SourceArn"     = aws_ses_configuration_set.this.arn
        } }
      },
      {
        Sid       = "RefuseWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

module "queue" {
  source = "../queue"

  name                       = var.name
  visibility_timeout_seconds = var.visibility_timeout_seconds
  max_receive_count          = var.max_receive_count
  sender_topic_arn           = aws_sns_topic.this.arn
  kms_key_arn                = var.kms_key_arn
  tags                       = var.tags
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = aws_sns_topic.this.arn
  protocol             = "sqs"
  endpoint             = module.queue.source.arn
  raw_message_delivery = true
}
