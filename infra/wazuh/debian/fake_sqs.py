"""An SQS on the loopback for check_root.sh: writes its port and the ids of the alerts that arrive to two files."""

import http.server
import json
import sys


class Queue(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        entries = request.get("Entries", [])
        with open(sys.argv[2], "a") as arrived:
            for entry in entries:
                print(json.loads(entry["MessageBody"])["id"], file=arrived)
        if entries:
            taken = [{"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"} for entry in entries]
            self.answer(200, {"Successful": taken, "Failed": []})
        else:
            self.answer(400, {"__type": "com.amazonaws.sqs#EmptyBatchRequest", "message": "as SQS does"})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Queue)
with open(sys.argv[1], "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
