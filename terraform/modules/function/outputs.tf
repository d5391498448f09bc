output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = aws_iam_role.this.arn
}

output "log_group" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "policy" {
  description = "What the function may do: its IAM policy (JSON)."
  value       = aws_iam_role_policy.this.policy
}

output "statements" {
  description = "What the function itself may do, without what a VPC and a key add: a list of statements (JSON)."
  value       = jsonencode(concat(local.own_statements, local.passed_statements))
}

output "environment" {
  description = "The function's environment variables."
  value       = local.environment
}
