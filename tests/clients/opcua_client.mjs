// SPDX-License-Identifier: Apache-2.0
// A client of node-opcua, and what it finds.
import certificates from "node-opcua-certificate-manager";
import opcua from "node-opcua-client";
import { obey, say } from "./lines.mjs";

const {
  AggregateFunction, AttributeIds, ClientMonitoredItem, ClientSubscription, MessageSecurityMode, OPCUAClient,
  SecurityPolicy, TimestampsToReturn, UserTokenType,
} = opcua;

let client, session, subscription;

const shown = (value) => ({
  value: typeof value.value?.value === "object" ? String(value.value?.value) : (value.value?.value ?? null),
  status: value.statusCode.value, time: value.sourceTimestamp?.toISOString() ?? null,
});

obey({
  connect: async ({ url, certificate, key, folder, login, token, uri }) => {
    const manager = new certificates.OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: true });
    await manager.initialize();
    client = OPCUAClient.create({
      applicationUri: uri, certificateFile: certificate, privateKeyFile: key, clientCertificateManager: manager,
      securityMode: MessageSecurityMode.SignAndEncrypt, securityPolicy: SecurityPolicy.Aes256_Sha256_RsaPss,
      endpointMustExist: false, connectionStrategy: { maxRetry: 0 },
    });
    await client.connect(url);
    session = await client.createSession({ type: UserTokenType.UserName, userName: login, password: token });
  },
  browse: async ({ node }) => (await session.browse(node)).references.map((one) => one.browseName.name),
  read: async ({ node }) => shown(await session.read({ nodeId: node, attributeId: AttributeIds.Value })),
  history: async ({ node, from, to }) =>
    (await session.readHistoryValue(node, new Date(from), new Date(to))).historyData.dataValues.map(shown),
  average: async ({ node, from, to, interval }) =>
    (await session.readAggregateValue({ nodeId: node }, new Date(from), new Date(to), AggregateFunction.Average, interval))
      .historyData.dataValues.map(shown),
  subscribe: async ({ node }) => {
    subscription = ClientSubscription.create(session, {
      requestedPublishingInterval: 100, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10, publishingEnabled: true,
    });
    const item = ClientMonitoredItem.create(subscription, { nodeId: node, attributeId: AttributeIds.Value },
      { samplingInterval: 100, queueSize: 10, discardOldest: true }, TimestampsToReturn.Both);
    item.on("changed", (value) => say({ event: "changed", node, ...shown(value) }));
  },
  disconnect: async () => {
    await subscription?.terminate();
    await session.close();
    await client.disconnect();
  },
});
