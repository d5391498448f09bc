output "backend" {
  description = "For the `backend \"s3\"` of an environment."
  value       = { bucket = aws_s3_bucket.state.bucket, region = var.region, use_lockfile = true, encrypt = true }
}

output "role_arns" {
  description = "For the variables PLAN_ROLE_ARN and APPLY_ROLE_ARN of the workflow terraform.yml."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
}
