# A VPC without a way to the internet: no gateway, no NAT. What the functions in it reach are the endpoints of the services that
# they use, and through each endpoint only what its policy names.

locals {
  # One route table and free of charge: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
  gateways   = toset([for service in keys(var.endpoint_policies) : service if contains(["dynamodb", "s3"], service)])
  interfaces = setsubtract(keys(var.endpoint_policies), local.gateways)

  subnets = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 3, index) }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # the endpoints' private names need both
  tags                 = merge(var.tags, { Name = var.name })
}

# Whatever is put into the VPC without a security group of its own reaches nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-default" })
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# The VPC itself, and what gateway endpoints add.
resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_route_table_association" "this" {
  for_each = aws_subnet.this

  subnet_id      = each.value.id
  route_table_id = aws_route_table.this.id
}

resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "Functions: HTTPS to the endpoints, nothing else"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name}-functions" })
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Endpoints: HTTPS from the functions, nothing else"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_egress_rule" "to_interfaces" {
  security_group_id            = aws_security_group.functions.id
  description                  = "HTTPS to interface endpoints"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "to_gateways" {
  for_each = aws_vpc_endpoint.gateway

  security_group_id = aws_security_group.functions.id
  description       = "HTTPS to ${each.key}"
  prefix_list_id    = each.value.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "from_functions" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from functions"
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = var.tags
}

# A service that has no endpoint in this region fails here, by its name, before anything is made.
data "aws_vpc_endpoint_service" "interface" {
  for_each = local.interfaces

  service      = each.key
  service_type = "Interface"
}

data "aws_vpc_endpoint_service" "gateway" {
  for_each = local.gateways

  service      = each.key
  service_type = "Gateway"
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = local.gateways

  vpc_id            = aws_vpc.this.id
  service_name      = data.aws_vpc_endpoint_service.gateway[each.key].service_name
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.this.id]
  policy            = var.endpoint_policies[each.key]
  tags              = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interfaces

  vpc_id              = aws_vpc.this.id
  service_name        = data.aws_vpc_endpoint_service.interface[each.key].service_name
  vpc_endpoint_type   = "Interface"
  subnet_ids          = values(aws_subnet.this)[*].id
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true # the functions use the usual names
  # A few services take no policy, and AWS refuses one there.
  policy = data.aws_vpc_endpoint_service.interface[each.key].vpc_endpoint_policy_supported ? var.endpoint_policies[each.key] : null
  tags   = merge(var.tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    precondition {
      condition     = length(setsubtract(var.zones, data.aws_vpc_endpoint_service.interface[each.key].availability_zones)) == 0
      error_message = "${each.key} has no endpoint in ${join(", ", setsubtract(var.zones, data.aws_vpc_endpoint_service.interface[each.key].availability_zones))}: choose zones among ${join(", ", sort(data.aws_vpc_endpoint_service.interface[each.key].availability_zones))}."
    }
  }
}
