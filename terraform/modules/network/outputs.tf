output "vpc_id" {
  description = "The VPC, for flow logs, peering or an endpoint of your own."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "The subnets, one in each zone."
  value       = values(aws_subnet.this)[*].id
}

output "security_group_id" {
  description = "Security group of the functions."
  value       = aws_security_group.functions.id
}

output "endpoints" {
  description = "Ids of the endpoints, by service."
  value       = { for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service => endpoint.id }
}
