mock_provider "aws" {
  mock_data "aws_vpc_endpoint_service" {
    defaults = { service_name = "com.amazonaws.eu-central-1.mock", vpc_endpoint_policy_supported = true, availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_resource "aws_vpc_endpoint" {
    defaults = { prefix_list_id = "pl-1" }
  }
}

override_data {
  target = data.aws_vpc_endpoint_service.interface["ssm"]
  values = { service_name = "com.amazonaws.eu-central-1.ssm", vpc_endpoint_policy_supported = false, availability_zones = ["eu-central-1a", "eu-central-1b"] }
}

override_resource {
  target = aws_security_group.functions
  values = { id = "sg-functions" }
}

override_resource {
  target = aws_security_group.endpoints
  values = { id = "sg-endpoints" }
}

variables {
  name  = "triage"
  zones = ["eu-central-1a", "eu-central-1b"]
  cidr  = "10.117.0.0/24"
  endpoint_policies = {
    dynamodb = "{\"Statement\":[\"dynamodb\"]}"
    s3       = "{\"Statement\":[\"s3\"]}"
    sqs      = "{\"Statement\":[\"sqs\"]}"
    ssm      = "{\"Statement\":[\"ssm\"]}"
  }
}

run "every_zone_has_a_subnet_of_its_own" {
  assert {
    condition     = { for zone, subnet in aws_subnet.this : zone => subnet.cidr_block } == { eu-central-1a = "10.117.0.0/27", eu-central-1b = "10.117.0.32/27" }
    error_message = "Each zone must have an eighth of the addresses."
  }

  assert {
    condition     = length(aws_route_table_association.this) == 2 && length(output.subnet_ids) == 2
    error_message = "Each subnet must know the gateways."
  }
}

run "functions_reach_endpoints_by_https_and_nothing_else" {
  assert {
    condition = toset([for rule in concat([aws_vpc_security_group_egress_rule.to_interfaces], values(aws_vpc_security_group_egress_rule.to_gateways)) :
      "${rule.security_group_id} ${rule.ip_protocol} ${rule.from_port}-${rule.to_port} ${rule.referenced_security_group_id == null ? rule.prefix_list_id : rule.referenced_security_group_id}"
    ]) == toset(["sg-functions tcp 443-443 sg-endpoints", "sg-functions tcp 443-443 pl-1"])
    error_message = "The functions must be able to leave for the endpoints only."
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.from_functions.security_group_id == "sg-endpoints" &&
      aws_vpc_security_group_ingress_rule.from_functions.referenced_security_group_id == "sg-functions" &&
      aws_vpc_security_group_ingress_rule.from_functions.from_port == 443 && aws_vpc_security_group_ingress_rule.from_functions.to_port == 443
    )
    error_message = "The endpoints must be open to the functions only."
  }
}

run "each_endpoint_lets_through_what_its_policy_says" {
  assert {
    condition = (
      { for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => endpoint.policy if service != "ssm" } ==
      { for service in ["dynamodb", "s3", "sqs"] : service => "{\"Statement\":[\"${service}\"]}" } &&
      aws_vpc_endpoint.interface["ssm"].policy != var.endpoint_policies["ssm"] # this one takes none
    )
    error_message = "Each endpoint must have the policy that was given, where its service takes one."
  }

  assert {
    condition = (
      alltrue([for endpoint in aws_vpc_endpoint.gateway : endpoint.vpc_endpoint_type == "Gateway" && endpoint.route_table_ids == toset([aws_route_table.this.id])]) &&
      alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.vpc_endpoint_type == "Interface" && endpoint.private_dns_enabled && length(endpoint.subnet_ids) == 2 && endpoint.security_group_ids == toset(["sg-endpoints"])])
    )
    error_message = "DynamoDB and S3 are gateways, which cost nothing; the others have an address in every zone, under their usual names."
  }
}

run "a_zone_in_which_a_service_has_no_endpoint_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a", "eu-central-1c"]
  }

  expect_failures = [aws_vpc_endpoint.interface["ssm"]]
}

run "a_single_zone_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a", "eu-central-1a"]
  }

  expect_failures = [var.zones]
}

run "a_network_without_room_for_subnets_is_refused" {
  command = plan

  variables {
    cidr = "10.117.0.0/26"
  }

  expect_failures = [var.cidr]
}
