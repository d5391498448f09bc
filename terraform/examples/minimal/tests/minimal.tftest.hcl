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
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_ses_email_identity" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:identity/mock" }
  }
}

variables {
  artifacts_dir = "../test-artifacts"
  mail_from     = "triage@example.com"
  mail_to       = ["triage@example.com", "analyst@example.com"]
}

run "it_deploys_with_an_address_and_a_folder_of_zips" {
  assert {
    condition     = keys(output.queues) == ["alerts", "enriched", "feedback", "notices"] && keys(output.queues) == keys(output.dead_letter_queues)
    error_message = "Every queue and its DLQ must be shown."
  }

  assert {
    condition     = keys(output.functions) == ["analyze", "enrich", "hunt", "ingest", "notify"] && keys(output.functions) == keys(output.log_groups)
    error_message = "Every function and its log must be shown."
  }
}

run "every_key_has_a_parameter" {
  assert {
    condition     = output.parameters == { for provider in ["abuseipdb", "misp", "otx", "abusech", "model"] : "${provider}_key" => "/wazuh-triage/${provider}-key" }
    error_message = "parameters must name all keys."
  }
}

run "a_misp_of_ones_own_is_an_address_and_a_file" {
  command = plan

  variables {
    misp_url     = "https://misp.example.com"
    misp_ca_file = "tests/ca.pem"
  }
}

run "in_the_sandbox_every_other_recipient_is_asked_to_confirm" {
  command = plan

  assert {
    condition     = keys(aws_ses_email_identity.recipient) == ["analyst@example.com"]
    error_message = "Recipients must become identities, the sender only once."
  }
}

run "outside_the_sandbox_only_the_sender_is_an_identity" {
  command = plan

  variables {
    ses_sandbox = false
  }

  assert {
    condition     = length(aws_ses_email_identity.recipient) == 0
    error_message = "No recipient needs to confirm."
  }
}
