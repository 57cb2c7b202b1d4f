//! A street's worth of sheets: 847 cameras, 90 checkpoints, 72 doors and 500 points, as CSV and as XLSX.

use std::fmt::Write as _;

use rust_xlsxwriter::Workbook;

/// One sheet: its name, its header and its rows.
pub(crate) struct Sheet {
    /// Its name, and that of its CSV file.
    pub(crate) name: &'static str,
    /// Header and rows.
    pub(crate) rows: Vec<Vec<String>>,
}

/// A table of texts out of a header and a function of the row's number.
fn sheet(
    name: &'static str,
    header: &[&str],
    rows: u32,
    cells: impl Fn(u32) -> Vec<String>,
) -> Sheet {
    let header = header.iter().map(|text| (*text).to_owned()).collect();
    Sheet { name, rows: std::iter::once(header).chain((1..=rows).map(cells)).collect() }
}

/// A place for a number: no two are the same.
fn place(number: u32) -> [String; 2] {
    let east = 117.1 + f64::from(number % 100) * 0.0003;
    let north = 40.1 + f64::from(number / 100) * 0.0003;
    [format!("{east:.6}"), format!("{north:.6}")]
}

/// The whole street.
pub(crate) fn street() -> Vec<Sheet> {
    vec![cameras(), checkpoints(), doors(), points()]
}

/// The names of columns.
fn header(text: &str) -> Vec<&str> {
    text.split(',').collect()
}

fn grid(number: u32) -> String {
    format!("110117001003{:03}", number % 40 + 1)
}

fn cameras() -> Sheet {
    let names = header("编号,名称,取流地址,网格编码,经度,纬度,国标编码,楼层");
    sheet("摄像机", &names, 847, |n| {
        let [lon, lat] = place(n);
        let url = format!("rtsp://10.7.{}.{}:554/Streaming/Channels/101", n / 250, n % 250 + 1);
        let (name, gb_id) = (format!("滨河街道{n}号点位"), format!("11011700001320{n:06}"));
        let floor = (n % 6 + 1).to_string();
        vec![format!("cam-{n:04}"), name, url, grid(n), lon, lat, gb_id, floor]
    })
}

fn doors() -> Sheet {
    let names = header("门编号,门名称,控制器编号,门号,协议,设备地址,网格编码,经度,纬度");
    sheet("门禁", &names, 72, |n| {
        let [lon, lat] = place(n);
        let device = n.div_ceil(2);
        let (name, url) = (format!("{n}号门"), format!("http://10.8.0.{device}"));
        let own =
            [format!("door-{n:03}"), name, format!("acs-{device:02}"), (2 - n % 2).to_string()];
        own.into_iter().chain(["海康".to_owned(), url, grid(device), lon, lat]).collect()
    })
}

fn points() -> Sheet {
    let names = header(
        "设备编号,设备名称,协议,设备地址,从站地址,点位编号,信号类型,寄存器类型,寄存器地址,数据类型,倍率,单位,报警上限,经度,纬度",
    );
    sheet("点位", &names, 500, |n| {
        let device = n.div_ceil(10);
        let [lon, lat] = place(device);
        let (kind, unit, limit) =
            [("剩余电流", "mA", "300"), ("温度", "℃", "70"), ("水位", "cm", "35")][n as usize % 3];
        let (name, url) = (format!("电气火灾{device}号"), format!("10.9.0.{device}:502"));
        let own = [format!("efm-{device:02}"), name, "modbus".to_owned(), url, "1".to_owned()];
        let (id, address) = (format!("p{}", n % 10), (n % 10 * 2).to_string());
        let register = ["保持寄存器", &address, "f32", "0.1", unit, limit].map(str::to_owned);
        own.into_iter().chain([id, kind.to_owned()]).chain(register).chain([lon, lat]).collect()
    })
}

fn checkpoints() -> Sheet {
    let names = header("编号,名称,关联门,摄像机编号,区域,绊线,责任角色,网格编码,经度,纬度");
    sheet("卡口", &names, 90, |n| {
        let [lon, lat] = place(n);
        let doors = format!("door-{:03}、door-{:03}", n * 2 - 1, n * 2);
        let doors = if n <= 36 { doors } else { String::new() };
        let own = [format!("kk-{n:02}"), format!("{n}号卡口"), doors, format!("cam-{n:04}")];
        let watched = ["gate", "in", "社区大格长、门岗"].map(str::to_owned);
        own.into_iter().chain(watched).chain([grid(n), lon, lat]).collect()
    })
}

/// The sheet as CSV.
pub(crate) fn csv(sheet: &Sheet) -> String {
    let mut text = String::new();
    for row in &sheet.rows {
        writeln!(text, "{}", row.join(",")).unwrap();
    }
    text
}

/// All sheets in one workbook, numbers as numbers, below a title.
pub(crate) fn xlsx(sheets: &[Sheet]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for Sheet { name, rows } in sheets {
        let page = workbook.add_worksheet();
        page.set_name(*name).unwrap();
        page.write(0, 0, "滨河街道台账(示例)").unwrap();
        for (number, row) in (1..).zip(rows) {
            for (column, cell) in (0..).zip(row) {
                match cell.parse::<f64>() {
                    Ok(value) if cell.len() < 15 => page.write(number, column, value).unwrap(),
                    _ => page.write(number, column, cell).unwrap(),
                };
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}
