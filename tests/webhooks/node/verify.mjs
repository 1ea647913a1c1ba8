// Reads cases as JSON from the standard input, and says of each what both packages think of it.
import { text } from "node:stream/consumers";
import { verify } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";

function bySpecification({ secret, body, headers }) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error.name === "WebhookVerificationError") return false;
    throw error;
  }
}

const answers = [];
for (const each of JSON.parse(await text(process.stdin))) {
  answers.push({
    octokit: await verify(each.secret, each.body, each.headers[each.signature]),
    standardwebhooks: bySpecification(each),
  });
}
console.log(JSON.stringify(answers));
