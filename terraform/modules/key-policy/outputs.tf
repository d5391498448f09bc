output "json" {
  description = "A whole key policy: the account decides by IAM, and the services that act in their own name may use the key."
  value       = jsonencode({ Version = "2012-10-17", Statement = concat([local.account_statement], local.service_statements) })
}

output "statements" {
  description = "The services' statements alone (JSON), for a key that has a policy already."
  value       = jsonencode(local.service_statements)
}
