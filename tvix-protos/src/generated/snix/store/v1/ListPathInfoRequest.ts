// Original file: proto/snix/store/protos/rpc_pathinfo.proto


export interface ListPathInfoRequest {
}

export interface ListPathInfoRequest__Output {
}
