//! Copies that are made under load, and put in place elsewhere.

use std::process::Command;

use rusqlite::config::DbConfig;

use crate::load::Load;
use crate::program::*;

fn bancada(arguments: &[&str]) -> Said {
    Said::by(Command::new(BINARY).args(arguments))
}

#[test]
fn a_backup_under_load_is_restored_into_an_empty_place_and_audits_clean() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let system = System::new(&directory.path().join("data"));
        let mut program = system.up(&[]);
        system.is_ready().await;
        let load = Load::start(&system.bank, directory.path(), "4s");
        system.advances(500).await;
        system.buy(&new_key(), "4242424242424242").await.unwrap();
        let (data, copy, restored) = (path("data"), path("copy"), path("restored"));
        let made = bancada(&["backup", "--data", &data, "--to", &copy]);
        assert_eq!(made.code, Some(0), "{made}");
        system.buy(&new_key(), "5555555555554444").await.unwrap();
        load.finish().await;
        // Nothing is written over, and nothing that is in use is verified.
        let again = bancada(&["backup", "--data", &data, "--to", &copy]);
        assert_eq!(again.code, Some(3), "{again}");
        assert_eq!(bancada(&["verify", &data]).code, Some(3));
        program.kill();
        assert_eq!(bancada(&["verify", &data]).code, Some(0));

        let verified = bancada(&["verify", &copy]);
        assert_eq!(verified.code, Some(0), "{verified}");
        let put = bancada(&["restore", "--from", &copy, "--data", &restored]);
        assert_eq!(put.code, Some(0), "{put}");
        assert_eq!(bancada(&["restore", "--from", &copy, "--data", &data]).code, Some(3));
        let elsewhere = System::new(&directory.path().join("restored"));
        let _program = elsewhere.up(&[]);
        elsewhere.is_ready().await;
        elsewhere.passes_audit(None).await;
        let said = elsewhere.audit(None).await;
        assert!(said.printed.contains("accepted loss: 0 events, R$ 0.00"), "{said}");
        let (status, order) = elsewhere.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!((status, &order["status"]), (201, &"paid".into()), "{order}");
        elsewhere.passes_audit(None).await;
    });
}

#[test]
fn damage_of_orders_or_statement_is_found() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let system = System::new(directory.path());
        let mut program = system.up(&[]);
        system.is_ready().await;
        system.is_ready_to_pay().await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        let token = system.knows_card("4242").await;
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        program.kill();
        let data = directory.path().display().to_string();
        for (store, change) in [
            ("checkout/orders.sqlite3", "UPDATE purchase SET body = replace(body, '1', '2')"),
            ("extrato/statement.sqlite3", "UPDATE card SET holder = 'Outra'"),
        ] {
            let verified = bancada(&["verify", &data]);
            assert_eq!(verified.code, Some(0), "{verified}");
            let file = directory.path().join(store);
            let before = std::fs::read(&file).unwrap();
            let connection = rusqlite::Connection::open(&file).unwrap();
            // Without the triggers that keep the totals, as a damage of the file comes about.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
            assert!(connection.execute(change, ()).unwrap() > 0);
            connection.close().unwrap();
            let verified = bancada(&["verify", &data]);
            assert_eq!(verified.code, Some(1), "{verified}");
            assert!(verified.printed.contains(store), "{verified}");
            std::fs::write(&file, before).unwrap();
        }
    });
}

#[test]
fn a_damaged_backup_is_found_and_not_restored() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let system = System::new(&directory.path().join("data"));
        let mut program = system.up(&[]);
        system.is_ready().await;
        let (data, copy) = (path("data"), path("copy"));
        assert_eq!(bancada(&["backup", "--data", &data, "--to", &copy]).code, Some(0));
        program.kill();
        let journal = directory.path().join("copy/bank/journal.sqlite3");
        let lose = "DELETE FROM record WHERE id = (SELECT max(id) FROM record)";
        rusqlite::Connection::open(&journal).unwrap().execute(lose, ()).unwrap();
        let verified = bancada(&["verify", &copy]);
        assert_eq!(verified.code, Some(1), "{verified}");
        assert!(verified.printed.contains("the high-water mark"), "{verified}");
        let put = bancada(&["restore", "--from", &copy, "--data", &path("restored")]);
        assert_eq!(put.code, Some(3), "{put}");
        assert!(!directory.path().join("restored").exists());
    });
}
