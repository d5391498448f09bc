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
  mock_data "aws_vpc_endpoint_service" {
    defaults = { service_name = "com.amazonaws.eu-central-1.mock", vpc_endpoint_policy_supported = true, availability_zones = ["eu-central-1a", "eu-central-1b"] }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000" }
  }
  mock_resource "aws_ses_domain_identity" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:identity/soc.example.com", verification_token = "token" }
  }
  mock_resource "aws_ses_domain_dkim" {
    defaults = { dkim_tokens = ["one", "two", "three"] }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
}

variables {
  artifacts_dir  = "../test-artifacts"
  mail_domain    = "soc.example.com"
  mail_to        = ["analyst@example.com"]
  on_call        = ["oncall@example.com"]
  bedrock_prices = { as_of = "2026-11-01", input = 0.15, output = 0.6 }
}

run "everything_is_on" {
  assert {
    condition     = output.network.inside == tolist(["analyze", "hunt"]) && output.network.endpoints == tolist(["bedrock-runtime", "dynamodb", "sqs", "ssm"])
    error_message = "analyze and hunt must be in the VPC, with endpoints for what they use."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && jsondecode(aws_kms_key.this.policy).Statement[0].Sid == "RolesByTheirPolicies" && strcontains(output.publisher.policy, output.kms_key_arn)
    error_message = "The key must rotate, belong to the account, and be of use to the publisher."
  }

  assert {
    condition     = keys(output.dns_records) == ["_amazonses.soc.example.com", "one._domainkey.soc.example.com", "three._domainkey.soc.example.com", "two._domainkey.soc.example.com"]
    error_message = "The domain's owner must be told every record."
  }

  assert {
    condition     = contains(keys(output.alarms), "canary") && contains(keys(output.parameters), "webhook_on-call")
    error_message = "The canary must be watched, and the chat must have a parameter."
  }
}

run "the_other_processor_is_a_word" {
  command = plan

  variables {
    architecture = "x86_64"
  }
}

run "a_domain_that_is_an_address_is_refused" {
  command = plan

  variables {
    mail_domain = "triage@example.com"
  }

  expect_failures = [var.mail_domain]
}
