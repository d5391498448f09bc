output "publisher" {
  description = "What the publisher on the Wazuh manager needs: the alerts queue, the feedback queue, its policy."
  value = {
    alerts_queue_url   = module.pipeline.queues["alerts"]
    feedback_queue_url = module.pipeline.queues["feedback"]
    policy             = module.pipeline.publisher_policy
  }
}
