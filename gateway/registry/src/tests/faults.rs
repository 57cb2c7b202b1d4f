//! Every fault is named at its cell, all at once, and none repeats a secret.

use std::collections::BTreeMap;

use expect_test::{expect, expect_file};
use incident::GridMap;
use rust_xlsxwriter::{Formula, Workbook};

use super::stage::{folder, planned, refused};
use crate::{Folder, SheetFile, plan};

#[test]
fn every_fault_of_every_sheet_is_named_at_its_cell() {
    let cameras = "摄像机台账,,,,,,,\n\
                   编号,名称,取流地址,网格编码,经度,纬度,密码,国标编码\n\
                   cam 2,,http://192.0.2.1/,42,40.1,117.1,,\n\
                   \n\
                   cam-3,,rtsp://admin:hunter2@192.0.2.1/1,310101001001001,117.1,,hunter2,1.10117E+19\n\
                   cam-4,,rtsp://192.0.2.4/1,,200,x,,\n\
                   cam-4,,,,,,,\n\
                   cam-5,\"a\nb\",,,117.1,40.1,,\n\
                   ,no id,,,,,,\n";
    let doors = "门编号,控制器,门号,协议,设备地址,账号,密码文件,经度,纬度\n\
                 door-1,acs-1,0,海康威士,192.0.2.30,admin,hunter2,117.1,40.1\n\
                 door-2,acs-2,1,大华,rtsp://192.0.2.30,,,117.1,40.1\n\
                 door-3,acs-2,2,海康,192.0.2.31,,,117.1,40.1\n\
                 door-3,acs-3,,mqtt,192.0.2.31,,,,\n";
    let points = "设备,协议,设备地址,点位,信号类型,寄存器类型,寄存器地址,数据类型,单位,报警上限,回差,经度,纬度\n\
                  s-1,modbus,192.0.2.9,a,湿度,保持,70000,u8,%,x,,117.1,40.1\n\
                  s-1,modbus,192.0.2.9,a,烟感,,,,V,3,,,\n\
                  s-2,onvif,192.0.2.9,b,水位,coil,1,,m,,0.1,117.1,40.1\n";
    let checkpoints = "编号,门,摄像机编号,区域,经度,纬度\n\
                       kk-1,door-1、door-9,cam-9,,117.1,40.1\n\
                       kk-2,,,gate,117.1,40.1\n";
    let told = refused(&[
        ("摄像机.csv", cameras),
        ("doors.csv", doors),
        ("points.csv", points),
        ("kk.csv", checkpoints),
    ]);
    assert!(!told.contains("hunter2"), "{told}");
    expect_file!["faults.txt"].assert_eq(&told);
}

#[test]
fn a_sheet_of_unknown_columns_says_what_is_expected() {
    expect![[r#"
        empty.csv: the file is empty
        x.csv: no header row was found: expected the names of columns in one of the first ten rows: for cameras 编号 (id) and 取流地址 (url); for checkpoints 编号 (id) and 摄像机编号 (camera) or 门 (doors); for doors 编号 (id) and 门号 (door) or 控制器 (device); for points 点位 (point) and 信号类型 (kind)
        y.xlsx: this is not an XLSX workbook: open it in the spreadsheet program and save it as XLSX, without a password
        z.xls: no header row was found: expected the names of columns in one of the first ten rows: for cameras 编号 (id) and 取流地址 (url); for checkpoints 编号 (id) and 摄像机编号 (camera) or 门 (doors); for doors 编号 (id) and 门号 (door) or 控制器 (device); for points 点位 (point) and 信号类型 (kind)
        4 faults; nothing was changed"#]].assert_eq(&refused(&[
        ("x.csv", "foo,bar\n1,2\n"),
        ("empty.csv", "\n\n"),
        ("y.xlsx", "PK\x03\x04rubbish"),
        ("z.xls", "\u{0}"),
    ]));
}

#[test]
fn faults_in_a_workbook_name_sheet_row_and_column() {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    page.set_name("东区摄像机").unwrap();
    for (column, header) in (0..).zip(["编号", "取流地址", "经度", "纬度", "国标编码", "拼音"])
    {
        page.write(2, column, header).unwrap();
    }
    page.write(3, 0, 1001.0).unwrap();
    page.write(3, 1, "rtsp://192.0.2.1/1").unwrap();
    page.write(3, 2, 117.1).unwrap();
    page.write(3, 4, 11_011_700_001_320_000_412.0).unwrap();
    page.write_formula(5, 0, Formula::new("=NA()").set_result("#N/A")).unwrap();
    page.write(5, 1, "rtsp://192.0.2.2/1").unwrap();
    workbook.add_worksheet().set_name("说明").unwrap().write(0, 0, "请按模板填写").unwrap();
    let content = workbook.save_to_buffer().unwrap();
    let faults =
        plan(&[SheetFile { name: "a.xlsx", content: &content }], &folder(), false).unwrap_err();
    expect![[r#"
        a.xlsx, sheet 东区摄像机, row 4, column D (纬度): longitude stands alone: expected the latitude too, in degrees such as 40.144
        a.xlsx, sheet 东区摄像机, row 4, column E (国标编码): the spreadsheet took this code for a number and has lost its last digits: give the column the format Text and write the code again
        a.xlsx, sheet 东区摄像机, row 6, column A: the cell shows an error of the spreadsheet: mend its formula
        a.xlsx, sheet 东区摄像机, row 6, column A (编号): this cell is empty: expected an id of 1 to 64 letters, digits and `_.:-` that starts with a letter or digit
        4 faults; nothing was changed"#]].assert_eq(&faults.to_string());
}

#[test]
fn a_grid_is_looked_up_and_a_place_beside_it_is_noted() {
    let square = |code: &str, west: f64| {
        let (east, south, north) = (west + 0.002, 40.0, 40.1);
        format!(
            r#"{{"type":"Feature","properties":{{"unit_code":"{code}","path":[{{"level":"grid","code":"G{west}"}}]}},
            "geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
        )
    };
    let map = format!(
        r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
        square("110117001003001", 117.0),
        square("110117001003002", 117.1)
    );
    let map = GridMap::parse(&map).unwrap();
    let sheet = "编号,取流地址,网格,经度,纬度\n\
                 a,rtsp://192.0.2.1/1,G117.1,117.101,40.05\n\
                 b,rtsp://192.0.2.2/1,110117001003002,117.1069,40.05\n\
                 c,rtsp://192.0.2.3/1,110117001003002,117.001,40.05\n\
                 d,rtsp://192.0.2.4/1,110117001003002,116.5,40.05\n";
    let of_map = |text: &str| {
        let folder = Folder { grid_map: Some(&map), ..folder() };
        plan(&[SheetFile { name: "cameras.csv", content: text.as_bytes() }], &folder, false)
    };
    let plan = of_map(sheet).unwrap();
    let notes: Vec<String> = plan.notes.iter().map(ToString::to_string).collect();
    expect![[r#"
        cameras.csv, row 3, column D (经度): this place lies in its grid only if it is GCJ-02 (火星坐标): it is taken for WGS-84; convert it if it comes from a consumer map
        cameras.csv, row 4, column D (经度): this place lies in another grid than the one named: in G117
        cameras.csv, row 5, column D (经度): this place lies on no grid of the city's map"#]].assert_eq(&notes.join("\n"));
    let told = of_map(
        "编号,取流地址,网格,经度,纬度\na,rtsp://192.0.2.1/1,110117001003009,117.101,40.05\n",
    )
    .unwrap_err();
    expect![[r#"
        cameras.csv, row 2, column C (网格): the city's grid map (grid.geojson) has no grid of this code: expected a unit code or the lowest code of a path
        1 fault; nothing was changed"#]].assert_eq(&told.to_string());
}

#[test]
fn a_file_of_the_folder_that_is_not_toml_is_named_and_not_repeated() {
    let sheet = "编号,取流地址,经度,纬度\ncam-7,rtsp://192.0.2.1/1,117.1,40.1\n";
    let spoilt = "id = \"cam-7\"\npassword = hunter2\n".to_owned();
    let folder = Folder { cameras: BTreeMap::from([("cam-7".to_owned(), spoilt)]), ..folder() };
    let faults =
        plan(&[SheetFile { name: "cameras.csv", content: sheet.as_bytes() }], &folder, false)
            .unwrap_err();
    expect![[r#"
        cameras/cam-7.toml: line 2: this file of the configuration is not TOML: mend it
        1 fault; nothing was changed"#]]
    .assert_eq(&faults.to_string());
}

#[test]
fn the_row_is_that_of_the_spreadsheet() {
    let sheet = "编号,名称,取流地址,经度,纬度\r\n\r\n,,,,\r\ncam-8,\"two\r\nlines\",rtsp://192.0.2.1/1,117.1,40.1\r\n\r\ncam 9,,,,";
    assert_eq!(
        refused(&[("c.csv", sheet)]).lines().next().unwrap().split(':').next(),
        Some("c.csv, row 6, column A (编号)")
    );
    assert!(planned(&[("c.csv", sheet.split("cam 9").next().unwrap())]).is_ok());
}
