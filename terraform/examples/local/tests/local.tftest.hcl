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
  mock_resource "aws_ses_email_identity" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:identity/mock" }
  }
}

variables {
  endpoint      = "http://127.0.0.1:4566"
  artifacts_dir = "../test-artifacts"
  providers_url = "http://127.0.0.1:8090"
  model_url     = "http://127.0.0.1:8090/v1"
}

run "its_outputs_are_what_the_local_runner_reads" {
  assert {
    condition = (
      keys(output.queues) == ["alerts", "enriched", "feedback", "notices"] &&
      keys(output.dead_letter_queues) == keys(output.queues)
    )
    error_message = "queues and dead_letter_queues must name the four queues."
  }

  assert {
    condition     = output.tables == { for table in ["claims", "intel", "incidents", "analyses", "sightings", "deliveries"] : table => "wazuh-triage-${table}" }
    error_message = "tables must map each table to its name."
  }

  assert {
    condition = (
      output.functions == { for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => "wazuh-triage-${function}" } &&
      output.log_groups == { for function in ["enrich", "analyze", "notify", "ingest", "hunt"] : function => "/aws/lambda/wazuh-triage-${function}" }
    )
    error_message = "functions and log_groups must map each function to its name and its log."
  }

  assert {
    condition     = output.parameters == { for provider in ["abuseipdb", "misp", "otx", "abusech", "model"] : "${provider}_key" => "/wazuh-triage/${provider}-key" }
    error_message = "parameters must name all keys."
  }

  assert {
    condition     = output.mail.from == "wazuh-triage@soc.example" && output.mail.to == tolist(["analyst@soc.example"])
    error_message = "mail must tell sender and recipients."
  }
}

run "an_endpoint_with_a_path_is_refused" {
  command = plan

  variables {
    endpoint = "http://127.0.0.1:4566/"
  }

  expect_failures = [var.endpoint]
}
