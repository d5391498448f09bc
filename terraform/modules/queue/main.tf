# A standard queue and its dead-letter queue (DLQ).
#
# With a key of one's own SQS asks KMS for a data key every 300 s and queue, not for every message.
#
# The provider watches every new queue, and every attribute set on its own, for 25 s. Policies are therefore written
# inline (with an ARN made from the name), the two queues are created side by side, and only the two redrive settings,
# which need both queues to exist, come in a second round.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  data_key_reuse_seconds = var.kms_key_arn == null ? null : 300

  dead_letter_name = "${var.name}-dlq"
  arn_prefix       = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"

  # One per queue: refuse every request that does not come over TLS.
  tls_only = { for name in [var.name, local.dead_letter_name] : name => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = "${local.arn_prefix}:${name}"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  }) }

  # Whoever has a role needs no word here; a topic has none.
  main_policy = var.sender_topic_arn == null ? local.tls_only[var.name] : jsonencode({
    Version = "2012-10-17"
    Statement = concat(jsondecode(local.tls_only[var.name]).Statement, [{
      Sid       = "SendFromTopic"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "${local.arn_prefix}:${var.name}"
      Condition = { ArnEquals = { "aws:SourceArn" = var.sender_topic_arn } }
    }])
  })
}

resource "aws_sqs_queue" "main" {
  name                       = var.name
  visibility_timeout_seconds = var.visibility_timeout_seconds
  message_retention_seconds  = 4 * 24 * 3600
  max_message_size           = 262144
  policy                     = local.main_policy
  tags                       = var.tags

  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = local.data_key_reuse_seconds
}

# A message keeps the age it had in the main queue, so the DLQ keeps it longer.
resource "aws_sqs_queue" "dead_letter" {
  name                      = local.dead_letter_name
  message_retention_seconds = 14 * 24 * 3600
  max_message_size          = 262144
  policy                    = local.tls_only[local.dead_letter_name]
  tags                      = var.tags

  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = local.data_key_reuse_seconds
}

resource "aws_sqs_queue_redrive_policy" "main" {
  queue_url = aws_sqs_queue.main.url
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.main.arn]
  })
}
