# A standard queue and its dead-letter queue (DLQ).
#
# The provider watches every new queue, and every attribute set on its own, for 25 s. Policies are therefore written
# inline (with an ARN made from the name), the two queues are created side by side, and only the two redrive settings,
# which need both queues to exist, come in a second round.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
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
  sqs_managed_sse_enabled    = true
  policy                     = local.main_policy
  tags                       = var.tags
}

# A message keeps the age it had in the main queue, so the DLQ keeps it longer.
resource "aws_sqs_queue" "dead_letter" {
  name                      = local.dead_letter_name
  message_retention_seconds = 14 * 24 * 3600
  max_message_size          = 262144
  sqs_managed_sse_enabled   = true
  policy                    = local.tls_only[local.dead_letter_name]
  tags                      = var.tags
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
