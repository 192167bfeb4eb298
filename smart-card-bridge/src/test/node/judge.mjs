// Reads one question as JSON from standard input, answers with one line of JSON. Test only.
import { readFileSync } from 'node:fs';
import { Directory, SHCReader, SHLViewer } from 'kill-the-clipboard';

const question = JSON.parse(readFileSync(0, 'utf8'));

/** Directories of issuers as the library takes them: what we publish, and nothing from the net. */
function reader() {
  return new SHCReader({
    issuerDirectory: Directory.fromJSON({ issuerInfo: [question.issuer] }),
    enableQROptimization: false,
  });
}

/** Our public address is a name that no name server knows; the server under test answers for it. */
function fetchImpl(url, init) {
  return fetch(String(url).replace(question.publicBase, question.realBase), init);
}

const tasks = {
  async numeric() {
    const card = await reader().fromQRNumeric(question.numeric);
    return { bundle: await card.asBundle() };
  },
  async file() {
    const card = await reader().fromFileContent(JSON.stringify(question.file));
    return { bundle: await card.asBundle() };
  },
  async link() {
    const viewer = new SHLViewer({ shlinkURI: question.link, fetch: fetchImpl });
    const found = await viewer.resolveSHL({
      recipient: question.recipient,
      passcode: question.passcode,
      embeddedLengthMax: question.embeddedLengthMax,
    });
    return { resources: found.fhirResources, manifest: found.manifest ?? null };
  },
};

try {
  console.log(JSON.stringify({ accepted: true, ...(await tasks[question.task]()) }));
} catch (error) {
  console.log(JSON.stringify({ accepted: false, error: error.name, message: error.message }));
}
