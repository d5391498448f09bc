# Functions inside a VPC, and a key of one's own.
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
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/mock" }
  }
  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/mock" }
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
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::feeds" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mail-events" }
  }
  mock_resource "aws_ses_configuration_set" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:configuration-set/mail-events" }
  }
}

override_resource {
  target = module.enrich.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/enrich" }
}

override_resource {
  target = module.analyze.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/analyze" }
}

override_resource {
  target = module.notify.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/notify" }
}

override_resource {
  target = module.hunt.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/hunt" }
}

variables {
  artifacts = {
    enrich  = { s3_bucket = "releases", s3_key = "enrich.zip", s3_object_version = "1" }
    analyze = { s3_bucket = "releases", s3_key = "analyze.zip", s3_object_version = "1" }
    notify  = { s3_bucket = "releases", s3_key = "notify.zip", s3_object_version = "1" }
    ingest  = { s3_bucket = "releases", s3_key = "ingest.zip", s3_object_version = "1" }
    hunt    = { s3_bucket = "releases", s3_key = "hunt.zip", s3_object_version = "1" }
  }

  mail = {
    from         = "triage@example.com"
    to           = ["first@example.com", "second@example.com"]
    identity_arn = "arn:aws:ses:eu-central-1:123456789012:identity/triage@example.com"
  }
}

# Each module takes the key as a variable without a default, so none can be forgotten; what it does with it is tested there.
# First of all: parameters keep the key that they were made with.
run "a_key_of_ones_own_encrypts_the_parameters_and_lets_the_roles_use_it" {
  variables {
    kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
    observability = { notify = { emails = ["oncall@example.com"] }, traces = { endpoint = "https://collector.example.com", headers = true } }
    mail_routes   = { groups = [{ name = "chat", webhook = true, match = {} }] }
  }

  assert {
    condition     = alltrue([for parameter in concat(values(aws_ssm_parameter.key), values(aws_ssm_parameter.webhook), aws_ssm_parameter.traces_headers) : parameter.key_id == var.kms_key_arn])
    error_message = "Every secret parameter must have the key."
  }

  assert {
    condition = { for function, policy in { enrich = module.enrich.policy, analyze = module.analyze.policy, notify = module.notify.policy, hunt = module.hunt.policy, ingest = module.feeds.policy } :
      function => { for statement in jsondecode(policy).Statement : statement.Action[0] => join(" ", [for service in statement.Condition.StringEquals["kms:ViaService"] : split(".", service)[0]]) if startswith(statement.Action[0], "kms:") }
      } == {
      enrich  = { "kms:Decrypt" = "lambda dynamodb s3 sqs ssm", "kms:GenerateDataKey" = "sqs" }
      analyze = { "kms:Decrypt" = "lambda dynamodb sqs ssm", "kms:GenerateDataKey" = "sqs" }
      notify  = { "kms:Decrypt" = "lambda dynamodb sqs ssm", "kms:GenerateDataKey" = "sqs" }
      hunt    = { "kms:Decrypt" = "lambda dynamodb sqs ssm", "kms:GenerateDataKey" = "sqs" }
      ingest  = { "kms:Decrypt" = "lambda dynamodb s3 ssm", "kms:GenerateDataKey" = "s3" }
    }
    error_message = "A function may use the key through services that it does not call."
  }

  assert {
    condition = [for statement in jsondecode(output.publisher_policy).Statement : statement if statement.Sid == "UseKey"] == [{
      Sid       = "UseKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"]
      Condition = { StringEquals = { "kms:ViaService" = ["s3.eu-central-1.amazonaws.com", "sqs.eu-central-1.amazonaws.com"] } }
    }]
    error_message = "The publisher must be able to use the encrypted queues and lists."
  }

  assert {
    condition     = local.topic_keys == { mail_events = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000", alarms = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000" }
    error_message = "Both topics must have the key, too."
  }
}

run "by_default_no_function_is_in_a_vpc_and_none_is_made" {
  command = plan

  assert {
    condition     = length(output.network.inside) == 0 && length(output.network.endpoints) == 0 && output.network.vpc_id == null
    error_message = "A VPC must be asked for."
  }
}

run "inside_are_the_functions_that_need_nothing_but_aws" {
  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"] }
  }

  assert {
    condition     = output.network.inside == tolist(["hunt", "notify"]) && output.network.endpoints == tolist(["dynamodb", "email", "sqs"])
    error_message = "hunt and notify ask nobody outside; what they use must have an endpoint, and nothing more."
  }

  assert {
    condition     = length(output.network.subnet_ids) == 2 && length(output.network.security_group_ids) == 1
    error_message = "The VPC must have a subnet in each zone."
  }

  assert {
    condition = { for function, policy in { enrich = module.enrich.policy, analyze = module.analyze.policy, notify = module.notify.policy, hunt = module.hunt.policy, ingest = module.feeds.policy } :
    function => strcontains(policy, "NotFromItsCode") } == { enrich = false, analyze = false, notify = true, hunt = true, ingest = false }
    error_message = "Only functions inside may be connected."
  }
}

run "through_an_endpoint_goes_what_the_roles_inside_may_do" {
  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"] }
  }

  # Who may send what through which endpoint.
  assert {
    condition = { for statement in jsondecode(local.endpoint_policies["email"]).Statement : statement.Sid => [statement.Action, statement.Condition] } == {
      NotifySendMail = [["ses:SendRawEmail"], {
        ArnEquals    = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/notify" }
        StringEquals = { "ses:FromAddress" = "triage@example.com" }
      }]
    }
    error_message = "Through the endpoint of SES only notify may send, and only from its address."
  }

  assert {
    condition     = sort([for statement in jsondecode(local.endpoint_policies["sqs"]).Statement : "${statement.Sid} ${join(" ", statement.Action)}"]) == tolist(["HuntHandOn sqs:SendMessage", "NotifyBringBack sqs:SendMessage", "NotifyDeadLetterAtOnce sqs:SendMessage"])
    error_message = "Messages are fetched by Lambda's pollers, which are not in the VPC: only sending goes through the endpoint."
  }

  assert {
    condition = alltrue(flatten([for policy in values(local.endpoint_policies) : [for statement in jsondecode(policy).Statement :
      statement.Effect == "Allow" && !contains(statement.Resource, "*") && !strcontains(join(" ", statement.Action), "*") && can(statement.Condition.ArnEquals["aws:PrincipalArn"])
    ]]))
    error_message = "An endpoint must name roles, actions and resources."
  }
}

run "a_model_of_bedrock_brings_analyze_inside" {
  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"] }
    model = {
      url          = "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1"
      auth         = "sigv4"
      bedrock_arns = ["arn:aws:bedrock:eu-central-1::foundation-model/openai.gpt-oss-120b-1:0"]
    }
  }

  assert {
    condition     = output.network.inside == tolist(["analyze", "hunt", "notify"]) && output.network.endpoints == tolist(["bedrock-runtime", "dynamodb", "email", "sqs", "ssm"])
    error_message = "Bedrock in the same region has an endpoint."
  }

  assert {
    condition     = [for statement in jsondecode(local.endpoint_policies["bedrock-runtime"]).Statement : statement.Action] == [["bedrock:InvokeModel"]]
    error_message = "Only the model may be asked there."
  }
}

run "bedrock_of_another_region_is_outside" {
  command = plan

  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"], functions = ["analyze", "hunt"] }
    model = {
      url          = "https://bedrock-mantle.us-east-1.api.aws/openai/v1"
      auth         = "sigv4"
      bedrock_arns = ["arn:aws:bedrock-mantle:us-east-1:123456789012:project/proj_1"]
    }
  }

  expect_failures = [output.network]
}

run "a_function_that_asks_the_internet_is_refused_inside" {
  command = plan

  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"], functions = ["enrich"] }
  }

  expect_failures = [output.network]
}

run "a_chat_keeps_notify_outside" {
  command = plan

  variables {
    network     = { zones = ["eu-central-1a", "eu-central-1b"] }
    mail_routes = { groups = [{ name = "chat", webhook = true, match = {} }] }
  }

  assert {
    condition     = output.network.inside == tolist(["hunt"])
    error_message = "The chat is on the internet."
  }
}

run "a_collector_of_traces_keeps_every_function_outside_unless_it_is_inside_too" {
  command = plan

  variables {
    network       = { zones = ["eu-central-1a", "eu-central-1b"] }
    observability = { traces = { endpoint = "https://collector.example.com:4318" } }
  }

  assert {
    condition     = length(output.network.inside) == 0
    error_message = "Who has to reach a collector on the internet must not be in a VPC without it."
  }
}

run "a_private_misp_alone_brings_enrich_and_ingest_inside" {
  variables {
    network = {
      zones            = ["eu-central-1a", "eu-central-1b"]
      without_internet = ["misp.example.internal", "api.abuseipdb.com", "otx.alienvault.com"] # the latter have no key
    }
    intelligence = { misp = { url = "https://misp.example.internal:8443/misp" } }
    feeds        = { for feed in ["spamhaus_drop_v4", "spamhaus_drop_v6", "feodo", "urlhaus", "threatfox", "tor_exits", "warninglists"] : feed => { enabled = false } }
  }

  assert {
    condition     = output.network.inside == tolist(["enrich", "hunt", "ingest", "notify"]) && output.network.endpoints == tolist(["dynamodb", "email", "s3", "sqs", "ssm"])
    error_message = "Nothing that they ask is on the internet."
  }
}

run "subnets_that_lead_to_the_internet_take_every_function" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-0a", "subnet-0b"], security_group_ids = ["sg-0c"], internet = true }
  }

  assert {
    condition     = output.network.inside == tolist(["analyze", "enrich", "hunt", "ingest", "notify"]) && output.network.vpc_id == null && output.network.subnet_ids == tolist(["subnet-0a", "subnet-0b"])
    error_message = "Where everything is reached everybody is inside, and no VPC is made."
  }
}

run "subnets_without_security_groups_are_refused" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-0a"] }
  }

  expect_failures = [var.network]
}

run "zones_and_subnets_together_are_refused" {
  command = plan

  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"], subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0c"] }
  }

  expect_failures = [var.network]
}

run "an_unknown_function_is_refused_inside" {
  command = plan

  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"], functions = ["publisher"] }
  }

  expect_failures = [var.network]
}

run "a_host_with_a_scheme_is_refused" {
  command = plan

  variables {
    network = { zones = ["eu-central-1a", "eu-central-1b"], without_internet = ["https://misp.example.internal"] }
  }

  expect_failures = [var.network]
}

run "a_topic_may_have_a_key_for_itself" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
    mail_events = { topic_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/mail" }
  }

  assert {
    condition     = local.topic_keys == { mail_events = "arn:aws:kms:eu-central-1:123456789012:key/mail", alarms = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000" }
    error_message = "What is said of a topic counts for it."
  }
}

run "without_a_key_of_ones_own_nobody_has_a_right_on_any" {
  assert {
    condition     = !strcontains(join("", [module.enrich.policy, module.analyze.policy, module.notify.policy, module.hunt.policy, module.feeds.policy, output.publisher_policy]), "kms:")
    error_message = "Keys of AWS need no permission."
  }
}

run "an_alias_is_no_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/soc"
  }

  expect_failures = [var.kms_key_arn]
}
