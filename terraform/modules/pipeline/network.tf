# Functions inside a VPC: which of them can be, what they reach there, and why one cannot.

data "aws_region" "current" {}

locals {
  # Amazon Bedrock in this region has an endpoint; in another one, and any other model, it is a host like all others.
  bedrock_endpoints = [for match in regexall("^https://(bedrock-(?:mantle|runtime|runtime-fips))[.]([a-z0-9-]+)[.]", var.model.url) : match[0]
  if var.model.auth == "sigv4" && match[1] == data.aws_region.current.id]

  # Function => the hosts that it asks outside of AWS; all of them the collector of traces.
  collectors = var.observability.traces[*].endpoint
  hosts = { for function, urls in {
    enrich  = values(var.intelligence)[*].url
    analyze = length(local.bedrock_endpoints) == 0 ? [var.model.url] : []
    notify  = []
    hunt    = []
    ingest = concat(
      [for feed in ["otx", "abuseipdb"] : var.intelligence[feed].url if var.feeds[feed].enabled],
      [for url in [var.intelligence.misp.url] : url if var.feeds.misp.enabled],
      values(var.feeds.misp_feeds)[*].url, values(var.feeds.mirrors),
    )
  } : function => distinct([for url in concat(urls, local.collectors) : regex("^[a-z]+://(\\[[^\\]]+\\]|[^/:?#]+)", url)[0] if url != ""]) }

  # The same for what Terraform knows no address of: publishers where they always are, and chats.
  publishers = {
    spamhaus_drop_v4 = "spamhaus", spamhaus_drop_v6 = "spamhaus", feodo = "feodo", urlhaus = "urlhaus", threatfox = "threatfox",
    tor_exits        = "tor", warninglists = "warninglists"
  }
  unnamed = {
    ingest = distinct([for feed, publisher in local.publishers : "the publisher ${publisher}" if var.feeds[feed].enabled && !contains(keys(var.feeds.mirrors), publisher)])
    notify = [for group in var.mail_routes.groups : "the chat of the group ${group.name}" if group.webhook]
  }

  # What stands between a function and its place inside.
  outside = { for function, hosts in local.hosts : function => var.network.internet ? [] : concat(
    [for host in hosts : host if !contains(var.network.without_internet, host)], lookup(local.unnamed, function, []),
  ) }
  is_private = length(var.network.zones) + length(var.network.subnet_ids) > 0
  inside     = !local.is_private ? [] : var.network.functions == null ? [for function, hosts in local.outside : function if length(hosts) == 0] : sort(var.network.functions)

  # Why a function that was put inside cannot work there.
  stranded = [for function in local.inside : "${function} asks ${join(", ", local.outside[function])}" if length(local.outside[function]) > 0]

  # Endpoint => the functions that use it, and the prefix of their actions. The keys of AWS and your own are used by the services,
  # not by the functions; logs are written by Lambda; messages are fetched by Lambda's pollers: none of these comes through the VPC.
  endpoint_users = merge(
    {
      dynamodb = { action = "dynamodb", functions = keys(local.hosts) }
      s3       = { action = "s3", functions = ["enrich", "ingest"] }
      sqs      = { action = "sqs", functions = ["enrich", "analyze", "notify", "hunt"] }
      ssm      = { action = "ssm", functions = concat(["enrich", "analyze", "ingest"], length(local.unnamed.notify) > 0 ? ["notify"] : []) }
      email    = { action = "ses", functions = ["notify"] }
    },
    { for service in local.bedrock_endpoints : service => { action = replace(service, "/-runtime.*/", ""), functions = ["analyze"] } },
  )
  endpoints = { for service, users in local.endpoint_users : service => users.action if length(setintersection(users.functions, local.inside)) > 0 }

  roles = {
    enrich  = { arn = module.enrich.role_arn, statements = jsondecode(module.enrich.statements) }
    analyze = { arn = module.analyze.role_arn, statements = jsondecode(module.analyze.statements) }
    notify  = { arn = module.notify.role_arn, statements = jsondecode(module.notify.statements) }
    hunt    = { arn = module.hunt.role_arn, statements = jsondecode(module.hunt.statements) }
    ingest  = { arn = module.feeds.role_arn, statements = jsondecode(module.feeds.statements) }
  }

  # Through an endpoint the role of each function inside may do what its own policy says of that service, and nobody anything
  # else: credentials of another account are of no use in here.
  endpoint_policies = { for service, prefix in local.endpoints : service => jsonencode({
    Version = "2012-10-17"
    Statement = flatten([for function in local.inside : [
      for statement in local.roles[function].statements : merge(statement, {
        Sid       = "${title(function)}${statement.Sid}"
        Principal = "*" # a gateway's policy knows a role only as a condition
        Condition = merge(try(statement.Condition, {}), { ArnEquals = { "aws:PrincipalArn" = local.roles[function].arn } })
      }) if startswith(statement.Action[0], "${prefix}:") && !contains(statement.Action, "sqs:ReceiveMessage")
    ]])
  }) }

  subnets = { for network in module.network : "made" => { subnet_ids = network.subnet_ids, security_group_ids = [network.security_group_id] } }
  placement = { for function in keys(local.hosts) : function => contains(local.inside, function) ? lookup(local.subnets, "made", {
    subnet_ids = var.network.subnet_ids, security_group_ids = var.network.security_group_ids
  }) : null }
}

module "network" {
  source = "../network"
  count  = length(var.network.zones) > 0 ? 1 : 0

  name              = var.name
  zones             = var.network.zones
  cidr              = var.network.cidr
  endpoint_policies = local.endpoint_policies
  tags              = var.tags
}
