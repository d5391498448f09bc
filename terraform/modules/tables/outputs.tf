output "names" {
  description = "Table names: `claims`, `intel`, `incidents`, `analyses`, `sightings`."
  value       = { for table, resource in aws_dynamodb_table.this : table => resource.name }
}

output "arns" {
  description = "Table ARNs, by the same keys."
  value       = { for table, resource in aws_dynamodb_table.this : table => resource.arn }
}
