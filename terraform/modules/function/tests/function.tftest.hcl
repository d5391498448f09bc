mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/enrich" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/enrich" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:enrich" }
  }
}

variables {
  kms_key_arn = null
  name        = "enrich"
  artifact    = { s3_bucket = "releases", s3_key = "enrich.zip", s3_object_version = "7" }

  source_queue = {
    arn                        = "arn:aws:sqs:eu-central-1:123456789012:alerts"
    dead_letter_arn            = "arn:aws:sqs:eu-central-1:123456789012:alerts-dlq"
    dead_letter_url            = "https://sqs.eu-central-1.amazonaws.com/123456789012/alerts-dlq"
    visibility_timeout_seconds = 180
  }

  environment = { CLAIMS_TABLE = "claims" }

  statements = [{
    sid       = "SendMail"
    actions   = ["ses:SendRawEmail"]
    resources = ["arn:aws:ses:eu-central-1:123456789012:identity/soc@example.com"]
    condition = { StringEquals = { "ses:FromAddress" = "soc@example.com" } }
  }]
}

run "the_function_is_a_rust_binary_on_arm64_with_a_log_of_its_own" {
  assert {
    condition = (
      aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.handler == "bootstrap" &&
      aws_lambda_function.this.architectures == tolist(["arm64"]) &&
      aws_lambda_function.this.memory_size == 128 && aws_lambda_function.this.timeout == 30
    )
    error_message = "The function must run bootstrap on provided.al2023, arm64, 128 MB, 30 s."
  }

  assert {
    condition = (
      aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/enrich" &&
      aws_lambda_function.this.logging_config[0].log_format == "JSON" &&
      aws_lambda_function.this.logging_config[0].application_log_level == "INFO" &&
      aws_lambda_function.this.logging_config[0].system_log_level == "WARN"
    )
    error_message = "The function must log JSON to its own group, Lambda itself from WARN on."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The log must not be kept for ever."
  }

  assert {
    condition = aws_lambda_function.this.environment[0].variables == tomap({
      CLAIMS_TABLE          = "claims"
      DEAD_LETTER_QUEUE_URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/alerts-dlq"
      LEASE_SECONDS         = "30"
      LOG_LEVEL             = "info"
    })
    error_message = "The environment must hold what was passed and what the module knows."
  }
}

run "a_failed_record_does_not_fail_its_batch" {
  assert {
    condition     = aws_lambda_event_source_mapping.this[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "The mapping must use ReportBatchItemFailures."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.this[0].batch_size == 10 &&
      aws_lambda_event_source_mapping.this[0].maximum_batching_window_in_seconds == 0 &&
      aws_lambda_event_source_mapping.this[0].scaling_config[0].maximum_concurrency == 10
    )
    error_message = "The mapping must hand over up to 10 messages at once, to up to 10 copies."
  }
}

run "the_role_reaches_its_log_its_queue_and_what_it_was_given" {
  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      {
        Sid      = "WriteOwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/enrich:*"]
      },
      {
        Sid      = "ReadSourceQueue"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
        Resource = ["arn:aws:sqs:eu-central-1:123456789012:alerts"]
      },
      {
        Sid      = "DeadLetterAtOnce"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-central-1:123456789012:alerts-dlq"]
      },
      {
        Sid       = "SendMail"
        Effect    = "Allow"
        Action    = ["ses:SendRawEmail"]
        Resource  = ["arn:aws:ses:eu-central-1:123456789012:identity/soc@example.com"]
        Condition = { StringEquals = { "ses:FromAddress" = "soc@example.com" } }
      },
    ]
    error_message = "The role's policy is not exactly what the function needs."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Only Lambda may assume the role."
  }
}

run "a_local_zip_is_uploaded_again_when_it_changes" {
  variables {
    artifact = { local_zip = "versions.tf" } # any file will do: the mock reads its hash only
  }

  assert {
    condition     = aws_lambda_function.this.filename == "versions.tf" && aws_lambda_function.this.source_code_hash == filebase64sha256("versions.tf")
    error_message = "A local zip must be tracked by its hash."
  }
}

run "metrics_survive_a_quiet_log_level" {
  command = plan

  variables {
    log_level = "error"
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].application_log_level == "INFO"
    error_message = "Lambda must not drop the metrics, which count as INFO."
  }
}

run "without_traces_there_is_nothing_of_them" {
  assert {
    condition     = length(aws_lambda_function.this.tracing_config) == 0 && !strcontains(aws_iam_role_policy.this.policy, "xray")
    error_message = "Without tracing the function must neither report to X-Ray nor be allowed to."
  }
}

run "traces_bring_their_variables_and_rights" {
  variables {
    tracing = {
      environment    = { OTEL_EXPORTER_OTLP_ENDPOINT = "https://collector.example:4318" }
      parameter_arns = ["arn:aws:ssm:eu-central-1:123456789012:parameter/headers"]
      xray           = true
    }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://collector.example:4318"
    error_message = "The function must be told where its traces go."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "X-Ray must be on."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if contains(["ReadHeadersOfCollector", "ReportToXRay"], statement.Sid)] == [
      { Sid = "ReadHeadersOfCollector", Effect = "Allow", Action = ["ssm:GetParameter"], Resource = ["arn:aws:ssm:eu-central-1:123456789012:parameter/headers"] },
      { Sid = "ReportToXRay", Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = ["*"] },
    ]
    error_message = "The function must be allowed what its traces need, and no more."
  }
}

run "traces_count_towards_what_lambda_takes" {
  command = plan

  variables {
    tracing = { environment = { OTEL_RESOURCE_ATTRIBUTES = join(",", [for number in range(400) : "name-${number}=x"]) } }
  }

  expect_failures = [aws_lambda_function.this]
}

run "a_timeout_above_a_sixth_of_the_visibility_is_refused" {
  command = plan

  variables {
    timeout_seconds = 31
  }

  expect_failures = [var.timeout_seconds]
}

run "the_batching_window_counts_towards_the_visibility" {
  command = plan

  variables {
    batching_window_seconds = 1
  }

  expect_failures = [var.timeout_seconds]
}

run "a_batch_above_ten_needs_a_window" {
  command = plan

  variables {
    batch_size = 11
  }

  expect_failures = [var.batch_size]
}

run "one_copy_at_a_time_is_refused" {
  command = plan

  variables {
    maximum_concurrency = 1
  }

  expect_failures = [var.maximum_concurrency]
}

run "an_artifact_from_two_places_is_refused" {
  command = plan

  variables {
    artifact = { local_zip = "versions.tf", s3_bucket = "releases", s3_key = "enrich.zip" }
  }

  expect_failures = [var.artifact]
}

run "an_artifact_from_nowhere_is_refused" {
  command = plan

  variables {
    artifact = { s3_bucket = "releases" }
  }

  expect_failures = [var.artifact]
}

run "a_statement_for_every_resource_is_refused" {
  command = plan

  variables {
    statements = [{ sid = "All", actions = ["sqs:SendMessage"], resources = ["*"] }]
  }

  expect_failures = [var.statements]
}

run "a_statement_for_every_action_is_refused" {
  command = plan

  variables {
    statements = [{ sid = "All", actions = ["sqs:*"], resources = ["arn:aws:sqs:eu-central-1:123456789012:alerts"] }]
  }

  expect_failures = [var.statements]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "riscv"
  }

  expect_failures = [var.architecture]
}

run "an_environment_that_lambda_would_refuse_is_refused_in_words" {
  command = plan

  variables {
    environment = { DENY_LIST = join(",", [for number in range(250) : "host-${number}.example.com"]) }
  }

  expect_failures = [aws_lambda_function.this]
}

run "an_unknown_retention_is_refused" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "a_function_without_a_queue_reads_none" {
  variables {
    source_queue = null
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.this) == 0
    error_message = "Nothing must feed it."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLog", "SendMail"]
    error_message = "It must have no rights on a queue."
  }

  assert {
    condition     = keys(aws_lambda_function.this.environment[0].variables) == tolist(["CLAIMS_TABLE", "LEASE_SECONDS", "LOG_LEVEL"])
    error_message = "It must not be told of a dead-letter queue."
  }
}

run "a_key_of_ones_own_encrypts_variables_and_log" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key_arn && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "The variables and the log must have the key."
  }
}

run "the_role_uses_the_key_only_through_the_services_that_it_calls" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
    statements = [
      { sid = "Claim", actions = ["dynamodb:UpdateItem"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/claims"] },
      { sid = "Keep", actions = ["s3:GetObject", "s3:PutObject"], resources = ["arn:aws:s3:::feeds/x"] },
    ]
  }

  assert {
    condition = [for statement in jsondecode(output.policy).Statement : statement if endswith(statement.Sid, "ByKey")] == [
      {
        Sid       = "OpenByKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"]
        Condition = { StringEquals = { "kms:ViaService" = [for service in ["lambda", "dynamodb", "s3", "sqs"] : "${service}.eu-central-1.amazonaws.com"] } }
      },
      {
        Sid       = "SealByKey"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey"]
        Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"]
        Condition = { StringEquals = { "kms:ViaService" = ["s3.eu-central-1.amazonaws.com", "sqs.eu-central-1.amazonaws.com"] } }
      },
    ]
    error_message = "The key may be used through other services than those that the function calls."
  }
}

run "who_only_reads_parameters_seals_nothing" {
  variables {
    kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
    source_queue = null
    statements   = [{ sid = "ReadKey", actions = ["ssm:GetParameter"], resources = ["arn:aws:ssm:eu-central-1:123456789012:parameter/x"] }]
  }

  assert {
    condition = { for statement in jsondecode(output.policy).Statement : statement.Sid => statement.Condition.StringEquals["kms:ViaService"] if endswith(statement.Sid, "ByKey") } == {
      OpenByKey = ["lambda.eu-central-1.amazonaws.com", "ssm.eu-central-1.amazonaws.com"]
    }
    error_message = "A function that writes nothing needs no data key."
  }
}

run "outside_of_a_vpc_the_role_knows_no_network" {
  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && !strcontains(output.policy, "ec2:")
    error_message = "A function outside of a VPC must have no right on networks."
  }
}

run "inside_a_vpc_lambda_connects_the_function_and_its_code_cannot" {
  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-1"])
    error_message = "The function must be in the subnets that were given."
  }

  assert {
    condition = { for statement in jsondecode(output.policy).Statement : "${statement.Effect} ${statement.Sid}" => try(statement.Condition, {}) if contains(statement.Resource, "*") } == {
      "Allow LetLambdaConnect" = {}
      "Deny NotFromItsCode"    = { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:enrich" } }
    }
    error_message = "What is allowed to Lambda on every resource must be denied to the function's code."
  }

  assert {
    condition = length(distinct([for statement in jsondecode(output.policy).Statement : statement.Action if contains(statement.Resource, "*")])) == 1 && alltrue(flatten([
      for statement in jsondecode(output.policy).Statement : [for action in statement.Action : startswith(action, "ec2:")] if contains(statement.Resource, "*")
    ]))
    error_message = "Exactly what is allowed must be denied, and it must be about networks alone."
  }

  assert {
    condition     = !strcontains(output.statements, "ec2:") && length(jsondecode(output.statements)) == length(jsondecode(output.policy).Statement) - 2
    error_message = "What the function itself may do is the same inside and outside."
  }
}
