# What the policy of a customer-managed KMS key must say for a deployment called `name`. It is made of names alone, so a key can
# have it before the deployment exists, as CloudWatch Logs demands.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  prefix    = "arn:${local.partition}"

  # The roles of functions, schedules and the publisher use the key by their own policies, through the services they call.
  account_statement = {
    Sid       = "RolesByTheirPolicies"
    Effect    = "Allow"
    Principal = { AWS = "${local.prefix}:iam::${local.account}:root" }
    Action    = "kms:*"
    Resource  = "*" # in the policy of a key that is the key
  }

  # Services that act in their own name, each for what it does here and nothing else.
  services = {
    LogGroups = {
      principal = "logs.${local.region}.amazonaws.com"
      actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"]
      condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "${local.prefix}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}-*" } }
    }
    MailEventsIntoTopic = {
      principal = "ses.amazonaws.com"
      source    = "${local.prefix}:ses:${local.region}:${local.account}:configuration-set/${var.name}-mail-events"
    }
    MailEventsIntoQueue = {
      principal = "sns.amazonaws.com"
      source    = "${local.prefix}:sns:${local.region}:${local.account}:${var.name}-mail-events"
    }
    AlarmsIntoTopic = {
      principal = "cloudwatch.amazonaws.com"
      source    = "${local.prefix}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*"
    }
    BudgetIntoTopic = {
      principal = "budgets.amazonaws.com"
      source    = "${local.prefix}:budgets::${local.account}:*"
    }
  }

  service_statements = [for sid, service in local.services : {
    Sid       = sid
    Effect    = "Allow"
    Principal = { Service = service.principal }
    Action    = try(service.actions, ["kms:Decrypt", "kms:GenerateDataKey"])
    Resource  = "*"
    Condition = try(service.condition, {
      StringEquals = { "aws:SourceAccount" = local.account }
      ArnLike      = { "aws:SourceArn" = service.source }
    })
  }]
}
