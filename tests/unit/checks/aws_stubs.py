"""An integration on AWS, and clients that answer as botocore's own stubs are told."""

from __future__ import annotations

import boto3
from botocore.stub import Stubber

from integrations.checks import aws
from integrations.environment.model import AwsBucket, AwsEncord, AwsIntegration, Environment, Settings

KEY, OTHER_KEY = (f"arn:aws:kms:eu-west-2:123456789012:key/{name}" for name in ("ours", "theirs"))
EU = AwsBucket(name="acme-eu", region="eu-west-2", ownership="create")
US = AwsBucket(name="acme-us", region="us-east-1", ownership="create")
INTEGRATION = AwsIntegration(
    name="images",
    account="123456789012",
    role="encord-images",
    buckets=(EU,),
    encord=AwsEncord(principal="arn:aws:iam::111122223333:root", external_id="id-1"),
)


SESSION = boto3.Session("k", "s", region_name="eu-west-2")


class Stage:
    """Stubbed clients by service; `ask` puts one question to an integration."""

    def __init__(self) -> None:
        self.stubs: dict[str, Stubber] = {}

    def client(self, service, *_):
        return self.stub(service).client

    def stub(self, service):
        if service not in self.stubs:
            self.stubs[service] = Stubber(SESSION.client(service))
            self.stubs[service].activate()
        return self.stubs[service]

    def ask(self, check, integration=INTEGRATION):
        operator = None  # its clients are the stubs
        settings = Settings(integrations={"images": integration}, cors_origins=("https://app.encord.com",))
        environment = Environment("prod", settings, "Pulumi.prod.yaml")
        question = next(q for q in aws.questions(integration, environment, operator, write_probe=True) if q.id is check)
        answer = question.ask()
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        return answer
