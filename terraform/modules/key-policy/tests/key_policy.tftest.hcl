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

variables {
  name = "soc"
}

run "every_service_is_bound_to_this_account_and_to_what_the_deployment_is_called" {
  assert {
    condition = { for statement in jsondecode(output.statements) : statement.Principal.Service => statement.Condition } == {
      "logs.eu-central-1.amazonaws.com" = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/soc-*" } }
      "ses.amazonaws.com" = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:ses:eu-central-1:123456789012:configuration-set/soc-mail-events" }
      }
      "sns.amazonaws.com" = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:soc-mail-events" }
      }
      "cloudwatch.amazonaws.com" = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:soc-*" }
      }
      "budgets.amazonaws.com" = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:budgets::123456789012:*" }
      }
    }
    error_message = "A service could use the key for somebody else."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(output.statements) : !contains(statement.Action, "kms:*") && !contains(statement.Action, "kms:CreateGrant")])
    error_message = "A service that acts in its own name must only encrypt and decrypt."
  }
}

run "the_account_keeps_its_key" {
  assert {
    condition = (
      jsondecode(output.json).Statement[0].Principal == { AWS = "arn:aws:iam::123456789012:root" } &&
      length(jsondecode(output.json).Statement) == 1 + length(jsondecode(output.statements))
    )
    error_message = "Without the account in it, nobody could change the key's policy any more."
  }
}

run "a_name_that_fits_everything_is_refused" {
  command = plan

  variables {
    name = "*"
  }

  expect_failures = [var.name]
}
