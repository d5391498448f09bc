"""A peer of the publisher for `make bench`: sends the alert to SQS with boto3.

Called as integratord calls an integration: <alert file> <api key> <hook url>; the hook is the queue's URL.
"""

import json
import sys

import boto3


def main():
    alert_file, queue_url = sys.argv[1], sys.argv[3]
    with open(alert_file, encoding="utf-8") as file:
        alert = json.loads(file.read())
    boto3.client("sqs").send_message(QueueUrl=queue_url, MessageBody=json.dumps(alert))


if __name__ == "__main__":
    main()
