//! What a column can hold, and the names by which it is known: a closed table.

use crate::kind::Kind;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    // identity
    Id,
    Name,
    Device,
    DeviceName,
    // place
    Grid,
    Longitude,
    Latitude,
    Accuracy,
    Address,
    Building,
    BuildingUnit,
    Floor,
    // access
    Protocol,
    Url,
    Transport,
    Username,
    Password,
    PasswordFile,
    CredentialsFile,
    GbId,
    Picture,
    // doors and points
    Door,
    UnitId,
    RegisterTable,
    Register,
    Value,
    WordOrder,
    Scale,
    Offset,
    SignalKind,
    MeasureUnit,
    LimitHigh,
    HoldSecs,
    Hysteresis,
    // checkpoints
    Doors,
    Camera,
    Zone,
    Line,
    DutyRoles,
    /// Known, and nothing to import.
    Remark,
}

use Kind::{Camera, Checkpoint, Door, Point};

/// Each field, the kinds of sheet that the names hold for (all if none is given), and the names: in small
/// letters, without spaces, `_`, `-`, `/` and what stands in brackets.
pub(super) const NAMES: &[(Field, &[Kind], &[&str])] = &[
    (Field::Id, &[], &["id", "编号", "编码"]),
    (
        Field::Id,
        &[Camera],
        &["摄像机编号", "摄像头编号", "相机编号", "设备编号", "cameraid", "camera"],
    ),
    (Field::Id, &[Checkpoint], &["卡口编号", "checkpointid", "checkpoint"]),
    (Field::Id, &[Door], &["门编号", "门禁编号", "doorid"]),
    (Field::Id, &[Point], &["点位编号", "点位", "测点", "测点编号", "point", "pointid"]),
    (Field::Name, &[], &["名称", "名字", "name"]),
    (Field::Name, &[Camera], &["摄像机名称", "设备名称", "点位名称", "cameraname"]),
    (Field::Name, &[Checkpoint], &["卡口名称", "checkpointname"]),
    (Field::Name, &[Door], &["门名称", "门禁名称", "doorname"]),
    (Field::Name, &[Point], &["点位名称", "测点名称", "pointname"]),
    (
        Field::Device,
        &[Door, Point],
        &[
            "设备",
            "设备编号",
            "控制器",
            "控制器编号",
            "主机",
            "主机编号",
            "device",
            "deviceid",
            "controller",
        ],
    ),
    (Field::DeviceName, &[Door, Point], &["设备名称", "控制器名称", "主机名称", "devicename"]),
    (
        Field::Grid,
        &[],
        &[
            "网格",
            "网格编码",
            "网格编号",
            "所属网格",
            "单元网格",
            "单元网格编码",
            "grid",
            "gridcode",
            "unitcode",
        ],
    ),
    (Field::Longitude, &[], &["经度", "lon", "lng", "longitude"]),
    (Field::Latitude, &[], &["纬度", "lat", "latitude"]),
    (Field::Accuracy, &[], &["精度", "误差半径", "accuracy", "accuracymetres"]),
    (
        Field::Address,
        &[],
        &["地址", "位置", "位置描述", "安装位置", "详细地址", "place", "location"],
    ),
    (Field::Address, &[Camera, Checkpoint, Door], &["address"]),
    (Field::Building, &[], &["楼栋", "楼号", "楼", "building"]),
    (Field::BuildingUnit, &[], &["单元", "单元号", "buildingunit"]),
    (Field::BuildingUnit, &[Camera, Checkpoint, Door], &["unit"]),
    (Field::Floor, &[], &["楼层", "层", "floor"]),
    (Field::Protocol, &[Camera, Door, Point], &["协议", "接入协议", "protocol"]),
    (
        Field::Url,
        &[Camera],
        &["取流地址", "视频流地址", "流地址", "rtsp地址", "rtsp", "url", "stream", "streamurl"],
    ),
    (
        Field::Url,
        &[Door, Point],
        &["设备地址", "访问地址", "接口地址", "url", "host", "ip", "ip地址"],
    ),
    (Field::Transport, &[Camera], &["传输方式", "transport"]),
    (Field::Username, &[], &["账号", "帐号", "用户名", "用户", "username", "user", "account"]),
    (Field::Password, &[], &["密码", "口令", "password", "passwd", "pwd", "secret"]),
    (Field::PasswordFile, &[Door, Point], &["密码文件", "口令文件", "passwordfile"]),
    (
        Field::CredentialsFile,
        &[Camera],
        &["账号文件", "帐号文件", "凭据文件", "账号密码文件", "credentialsfile"],
    ),
    (Field::GbId, &[Camera], &["国标编码", "国标编号", "gbid", "gb28181"]),
    (Field::Picture, &[Camera], &["分辨率", "图像尺寸", "resolution", "picture", "picturepx"]),
    (Field::Door, &[Door], &["门号", "门序号", "door", "doornumber", "doorno"]),
    (
        Field::UnitId,
        &[Point],
        &["从站", "从站地址", "站号", "从机地址", "unitid", "slave", "slaveid"],
    ),
    (
        Field::RegisterTable,
        &[Point],
        &["寄存器类型", "寄存器表", "功能区", "table", "registertype"],
    ),
    (Field::Register, &[Point], &["寄存器地址", "寄存器", "address", "register"]),
    (Field::Value, &[Point], &["数据类型", "数值类型", "value", "datatype"]),
    (Field::WordOrder, &[Point], &["字序", "wordorder"]),
    (Field::Scale, &[Point], &["倍率", "系数", "比例", "scale"]),
    (Field::Offset, &[Point], &["偏移", "偏移量", "offset"]),
    (Field::SignalKind, &[Point], &["信号类型", "监测类型", "监测量", "类型", "kind", "type"]),
    (Field::MeasureUnit, &[Point], &["单位", "计量单位", "unit"]),
    (
        Field::LimitHigh,
        &[Point],
        &["报警上限", "上限", "报警值", "阈值", "limit", "limithigh", "above"],
    ),
    (Field::HoldSecs, &[Point], &["持续时间", "持续秒数", "保持时间", "holdsecs", "hold"]),
    (Field::Hysteresis, &[Point], &["回差", "滞回", "hysteresis"]),
    (Field::Doors, &[Checkpoint], &["门", "门编号", "关联门", "门禁", "门禁编号", "doors", "door"]),
    (
        Field::Camera,
        &[Checkpoint],
        &["摄像机", "摄像机编号", "关联摄像机", "相机", "相机编号", "camera", "cameraid"],
    ),
    (Field::Zone, &[Checkpoint], &["区域", "检测区域", "zone"]),
    (Field::Line, &[Checkpoint], &["线", "绊线", "越线", "line"]),
    (
        Field::DutyRoles,
        &[Checkpoint],
        &["责任角色", "值守角色", "责任人角色", "dutyroles", "dutyrole", "roles"],
    ),
    (Field::Remark, &[], &["序号", "备注", "说明", "remark", "remarks", "no"]),
];

/// Whether a column of this field tells that a sheet is of this kind.
pub(super) const fn is_telling(kind: Kind, field: Field) -> bool {
    match kind {
        Camera => matches!(field, Field::Url | Field::CredentialsFile | Field::GbId),
        Checkpoint => matches!(field, Field::Doors | Field::Camera | Field::DutyRoles),
        Door => matches!(field, Field::Door | Field::Device),
        Point => matches!(field, Field::SignalKind | Field::Register),
    }
}
