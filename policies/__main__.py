"""The pack as `pulumi preview --policy-pack policies` runs it. It serves until it is stopped: never import it."""

from pulumi_policy import PolicyPack

from rules import POLICIES

PolicyPack(name="encord-integrations", policies=POLICIES)
