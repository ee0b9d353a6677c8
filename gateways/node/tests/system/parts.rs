//! A system as three processes.

use std::path::Path;

use crate::program::*;

pub(crate) struct Parts {
    pub(crate) system: System,
    ports: [u16; 6],
    /// Empty for the Bank's own feed.
    kafka: Vec<String>,
    /// Empty for files.
    database: Vec<String>,
    /// Options of the Bank alone.
    of_bank: Vec<String>,
    /// How the shop and the statement reach the Bank.
    bank_of_shop: String,
    bank_of_statement: String,
}

impl Parts {
    pub(crate) fn new(data: &Path) -> Parts {
        let mut system = System::new(data);
        let ports = free_ports::<6>();
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        system.bank = url(ports[0]);
        system.admin = url(ports[1]);
        system.shop = url(ports[2]);
        system.statement = url(ports[4]);
        let bank = system.bank.clone();
        Parts {
            system,
            ports,
            kafka: Vec::new(),
            database: Vec::new(),
            of_bank: Vec::new(),
            bank_of_shop: bank.clone(),
            bank_of_statement: bank,
        }
    }

    /// The same with a broker between Bank and statement.
    pub(crate) fn through_kafka(mut self, broker: &str) -> Parts {
        self.system.kafka = Some(broker.to_owned());
        Parts { kafka: vec!["--kafka".to_owned(), broker.to_owned()], ..self }
    }

    /// The same with every service's data in a database.
    pub(crate) fn on_database(self, url: &str) -> Parts {
        Parts { database: vec!["--postgres".to_owned(), url.to_owned()], ..self }
    }

    /// The same with options of the Bank alone.
    pub(crate) fn with_bank(self, options: &[String]) -> Parts {
        Parts { of_bank: options.to_vec(), ..self }
    }

    /// The same with something between the Bank and each of the others.
    pub(crate) fn between(self, shop: &str, statement: &str) -> Parts {
        let (bank_of_shop, bank_of_statement) = (shop.to_owned(), statement.to_owned());
        Parts { bank_of_shop, bank_of_statement, ..self }
    }

    /// A counter of the statement's process.
    pub(crate) async fn counted_by_extrato(&self, name: &str) -> u64 {
        self.system.counted_at(&format!("http://{}", self.address(5)), name).await
    }

    fn address(&self, port: usize) -> String {
        format!("127.0.0.1:{}", self.ports[port])
    }

    fn start(&self, part: &str, own: &[&str]) -> Program {
        self.start_at(part, &self.system.data, own)
    }

    fn start_at(&self, part: &str, data: &Path, own: &[&str]) -> Program {
        let data = data.display().to_string();
        let mut arguments = vec![part, "--data", &data];
        arguments.extend(own);
        Program::start(&arguments)
    }

    pub(crate) fn bank(&self) -> Program {
        let (grpc, admin) = (self.address(0), self.address(1));
        let mut own = vec!["--grpc", &grpc, "--admin-listen", &admin, "--chaos"];
        own.extend(
            self.kafka.iter().chain(&self.database).chain(&self.of_bank).map(String::as_str),
        );
        self.start("bank", &own)
    }

    pub(crate) fn checkout(&self) -> Program {
        let (http, admin) = (self.address(2), self.address(3));
        let bank = self.bank_of_shop.as_str();
        let mut own = vec!["--http", &http, "--admin-listen", &admin, "--bank", bank];
        own.extend(self.database.iter().map(String::as_str));
        self.start("checkout", &own)
    }

    pub(crate) fn extrato(&self) -> Program {
        self.extrato_at([self.ports[4], self.ports[5]], &self.system.data)
    }

    /// One more statement, on the same database; and where it is.
    pub(crate) fn another_extrato(&self, data: &Path) -> (Program, String) {
        let ports = free_ports();
        (self.extrato_at(ports, data), format!("http://127.0.0.1:{}", ports[0]))
    }

    fn extrato_at(&self, ports: [u16; 2], data: &Path) -> Program {
        let [http, admin] = ports.map(|port| format!("127.0.0.1:{port}"));
        let bank = self.bank_of_statement.as_str();
        let mut own = vec!["--http", &http, "--admin-listen", &admin, "--bank", bank];
        own.extend(self.kafka.iter().chain(&self.database).map(String::as_str));
        self.start_at("extrato", data, &own)
    }
}
