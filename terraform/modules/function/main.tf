# One Lambda function: its role, its log group, the function, and the mapping of the queue that feeds it, if one does.

locals {
  environment = merge(var.environment, var.tracing.environment, {
    LEASE_SECONDS = tostring(var.timeout_seconds)
    LOG_LEVEL     = var.log_level
  }, { for queue in var.source_queue[*] : "DEAD_LETTER_QUEUE_URL" => queue.dead_letter_url })

  # Lambda measures the variables as JSON. Three bytes are four characters in base64; length() counts no bytes.
  environment_bytes = length(base64encode(jsonencode(local.environment))) / 4 * 3

  own_statements = concat([
    {
      Sid      = "WriteOwnLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.this.arn}:*"] # the streams of this group
    }],
    [for queue in var.source_queue[*] : {
      Sid      = "ReadSourceQueue"
      Effect   = "Allow"
      Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
      Resource = [queue.arn]
    }],
    [for queue in var.source_queue[*] : {
      Sid      = "DeadLetterAtOnce"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [queue.dead_letter_arn]
    }],
    length(var.tracing.parameter_arns) == 0 ? [] : [{
      Sid      = "ReadHeadersOfCollector"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = var.tracing.parameter_arns
    }],
    !var.tracing.xray ? [] : [{
      Sid      = "ReportToXRay"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"] # these actions know no resource
    }],
  )

  # Lambda makes the network interfaces of a function with the function's role, and these actions take no narrower resource
  # where they are judged. So that its code cannot use them, they are denied to whatever runs in the function:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
  interface_actions = [
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
  ]
  network_statements = [for network in var.network[*] : [
    {
      Sid      = "LetLambdaConnect"
      Effect   = "Allow"
      Action   = local.interface_actions
      Resource = ["*"]
    },
    {
      Sid      = "NotFromItsCode"
      Effect   = "Deny"
      Action   = local.interface_actions
      Resource = ["*"]
      # The log group is called like the function: its ARN has partition, region and account.
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = replace(replace(aws_cloudwatch_log_group.this.arn, ":logs:", ":lambda:"), ":log-group:/aws/lambda/", ":function:") } }
    },
  ]]

  passed_statements = [for statement in var.statements : merge(
    {
      Sid      = statement.sid
      Effect   = "Allow"
      Action   = statement.actions
      Resource = statement.resources
    },
    { for key, condition in { Condition = statement.condition } : key => condition if condition != null },
  )]

  # Services that open what they keep, and those that seal it, with the key and in the name of the function: no call of KMS
  # is its own. Lambda opens the function's variables.
  actions = concat(flatten(local.own_statements[*].Action), flatten(var.statements[*].actions))
  opening = concat(["lambda"], [for service in ["dynamodb", "s3", "sqs", "ssm"] : service if anytrue([for action in local.actions : startswith(action, "${service}:")])])
  sealing = concat(contains(local.actions, "s3:PutObject") ? ["s3"] : [], contains(local.actions, "sqs:SendMessage") ? ["sqs"] : [])

  key_statements = flatten([for arn in var.kms_key_arn[*] : [for statement in [
    { sid = "OpenByKey", action = "kms:Decrypt", services = local.opening },
    { sid = "SealByKey", action = "kms:GenerateDataKey", services = local.sealing },
    ] : {
    Sid       = statement.sid
    Effect    = "Allow"
    Action    = [statement.action]
    Resource  = [arn]
    Condition = { StringEquals = { "kms:ViaService" = [for service in statement.services : "${service}.${split(":", arn)[3]}.amazonaws.com"] } }
  } if length(statement.services) > 0]])
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "Permissions of the function ${var.name}"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "function"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.own_statements, local.passed_statements, local.key_statements, flatten(local.network_statements))
  })
}

# Created before the function: Lambda would create it without retention.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = [var.architecture]
  memory_size   = var.memory_mb
  timeout       = var.timeout_seconds
  kms_key_arn   = var.kms_key_arn # of the variables
  tags          = var.tags

  filename          = var.artifact.local_zip
  source_code_hash  = var.artifact.local_zip == null ? null : filebase64sha256(var.artifact.local_zip)
  s3_bucket         = var.artifact.s3_bucket
  s3_key            = var.artifact.s3_key
  s3_object_version = var.artifact.s3_object_version

  environment {
    variables = local.environment
  }

  dynamic "vpc_config" {
    for_each = var.network[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  dynamic "tracing_config" {
    for_each = var.tracing.xray ? ["Active"] : []

    content {
      mode = tracing_config.value
    }
  }

  # Lambda drops lines below application_log_level. Metrics travel as log lines that count as INFO, so INFO is the
  # highest safe value; the program itself filters by LOG_LEVEL.
  logging_config {
    log_group             = aws_cloudwatch_log_group.this.name
    log_format            = "JSON"
    application_log_level = contains(["trace", "debug"], var.log_level) ? upper(var.log_level) : "INFO"
    system_log_level      = "WARN"
  }

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = local.environment_bytes <= 4096
      error_message = "The environment of ${var.name} has ${local.environment_bytes} bytes, but Lambda takes 4096: shorten its lists."
    }
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  count = var.source_queue == null ? 0 : 1

  event_source_arn                   = var.source_queue.arn
  function_name                      = aws_lambda_function.this.arn
  function_response_types            = ["ReportBatchItemFailures"]
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.batching_window_seconds
  tags                               = var.tags

  scaling_config {
    maximum_concurrency = var.maximum_concurrency
  }
}

moved {
  from = aws_lambda_event_source_mapping.this
  to   = aws_lambda_event_source_mapping.this[0]
}
