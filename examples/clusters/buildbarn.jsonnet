// One machine of Buildbarn, for buildbarn.sh. Its storage is another server, or its own (part 'storage'). Each command reads its part: std.extVar('PART').
local directory = std.extVar('DIRECTORY');
local port(name) = std.parseInt(std.extVar(name));
local chroot = std.extVar('CHROOT') == 'true';
local everybody = { allow: {} };
local messageBytes = 2 * 1024 * 1024;
local at(name) = [{ listenAddresses: ['127.0.0.1:%d' % port(name)], authenticationPolicy: everybody }];
local storage = { grpc: { client: { address: std.extVar('STORAGE') } } };
local onDisk(name, sizeBytes, newBlocks) = { backend: { 'local': {
  keyLocationMapOnBlockDevice: { file: { path: '%s/%s/map' % [directory, name], sizeBytes: 256 * 1024 * 1024 } },
  keyLocationMapMaximumGetAttempts: 16,
  keyLocationMapMaximumPutAttempts: 64,
  oldBlocks: 2,
  currentBlocks: 6,
  newBlocks: newBlocks,
  blocksOnBlockDevice: { source: { file: { path: '%s/%s/blocks' % [directory, name], sizeBytes: sizeBytes } }, spareBlocks: 1 },
  persistent: { stateDirectoryPath: '%s/%s/state' % [directory, name], minimumEpochInterval: '300s' },
} } };

{
  storage: {
    grpcServers: [at('STORAGE_PORT')[0] + { maximumReceivedMessageSizeBytes: 16 * 1024 * 1024 }],
    maximumMessageSizeBytes: messageBytes,
    global: {},
    schedulers: { '': { endpoint: { address: '127.0.0.1:%d' % port('CLIENT_PORT') } } },
    contentAddressableStorage: onDisk('cas', 16 * 1024 * 1024 * 1024, 3) + {
      getAuthorizer: everybody,
      putAuthorizer: everybody,
      findMissingAuthorizer: everybody,
    },
    actionCache: {
      backend: { completenessChecking: onDisk('ac', 64 * 1024 * 1024, 1) + { maximumTotalTreeSizeBytes: 64 * 1024 * 1024 } },
      getAuthorizer: everybody,
      putAuthorizer: everybody,
    },
    executeAuthorizer: everybody,
  },
  scheduler: {
    adminHttpServers: at('ADMIN_PORT'),
    clientGrpcServers: at('CLIENT_PORT'),
    workerGrpcServers: at('WORKER_PORT'),
    buildQueueStateGrpcServers: at('STATE_PORT'),
    contentAddressableStorage: storage,
    maximumMessageSizeBytes: messageBytes,
    global: {},
    executeAuthorizer: everybody,
    modifyDrainsAuthorizer: everybody,
    killOperationsAuthorizer: everybody,
    synchronizeAuthorizer: everybody,
    actionRouter: { simple: {
      platformKeyExtractor: { action: {} },
      invocationKeyExtractors: [{ toolInvocationId: {} }],
      initialSizeClassAnalyzer: { defaultExecutionTimeout: '600s', maximumExecutionTimeout: '3600s' },
    } },
    platformQueueWithNoWorkersTimeout: '60s',
  },
  worker: {
    blobstore: { contentAddressableStorage: storage, actionCache: storage },
    browserUrl: 'http://localhost',
    maximumMessageSizeBytes: messageBytes,
    scheduler: { address: '127.0.0.1:%d' % port('WORKER_PORT') },
    global: if chroot then { setUmask: { umask: 0 } } else {},
    buildDirectories: [{
      native: {
        buildDirectoryPath: directory + '/build',
        cacheDirectoryPath: directory + '/cache',
        maximumCacheFileCount: 10000,
        maximumCacheSizeBytes: 1024 * 1024 * 1024,
        cacheReplacementPolicy: 'LEAST_RECENTLY_USED',
      },
      runners: [{
        endpoint: { address: 'unix://' + directory + '/runner.sock' },
        concurrency: 2,
        instanceNamePrefix: '',
        platform: { properties: [{ name: 'OSFamily', value: 'linux' }] },
        inputRootCharacterDeviceNodes: if chroot then ['full', 'null', 'random', 'tty', 'urandom', 'zero'] else [],
        maximumFilePoolFileCount: 1000,
        maximumFilePoolSizeBytes: 256 * 1024 * 1024,
        workerId: { host: 'interop' },
      }],
    }],
    filePool: { blockDevice: { file: { path: directory + '/filepool', sizeBytes: 256 * 1024 * 1024 } } },
    inputDownloadConcurrency: 4,
    outputUploadConcurrency: 4,
    directoryCache: { maximumCount: 1000, maximumSizeBytes: 1024 * 1024, cacheReplacementPolicy: 'LEAST_RECENTLY_USED' },
  },
  runner: {
    buildDirectoryPath: directory + '/build',
    global: {},
    grpcServers: [{ listenPaths: [directory + '/runner.sock'], authenticationPolicy: everybody }],
  } + (if chroot then { chrootIntoInputRoot: true, runCommandsAs: { userId: 30001, groupId: 30001 } } else {}),
}[std.extVar('PART')]
