// Original file: proto/tvix/store/protos/rpc_pathinfo.proto


export interface ListPathInfoRequest {
}

export interface ListPathInfoRequest__Output {
}
