output "names" {
  description = "Table names: `claims`, `intel`, `incidents`, `analyses`, `sightings`, `deliveries`."
  value       = { for table, resource in aws_dynamodb_table.this : table => resource.name }
}

output "arns" {
  description = "Table ARNs, by the same keys."
  value       = { for table, resource in aws_dynamodb_table.this : table => resource.arn }
}

output "index_arns" {
  description = "ARNs of the indexes: `incidents/due`."
  value       = merge([for table, indexes in local.indexes : { for index in keys(indexes) : "${table}/${index}" => "${aws_dynamodb_table.this[table].arn}/index/${index}" }]...)
}
