//! Which addresses `allow` grants, and how far a granted one may lead.

use agentrun_runtime::tool::permission::{AddressRules, Reach, refuse};

#[test]
fn every_address_has_its_reach() {
    for (address, needed) in [
        ("1.1.1.1", Reach::Public),
        ("172.15.0.1", Reach::Public),
        ("172.32.0.1", Reach::Public),
        ("100.63.0.1", Reach::Public),
        ("2606:4700::1", Reach::Public),
        ("64:ff9b::1.1.1.1", Reach::Public),
        ("127.0.0.1", Reach::Private),
        ("127.255.0.9", Reach::Private),
        ("10.1.2.3", Reach::Private),
        ("172.16.0.1", Reach::Private),
        ("192.168.1.1", Reach::Private),
        ("100.64.0.1", Reach::Private),
        ("198.18.0.1", Reach::Private),
        ("240.0.0.1", Reach::Private),
        ("::1", Reach::Private),
        ("fc00::1", Reach::Private),
        ("fec0::1", Reach::Private),
        ("2001::1", Reach::Private),
        ("::ffff:10.0.0.1", Reach::Private),
        ("64:ff9b::10.0.0.1", Reach::Private),
        ("2002:7f00:1::", Reach::Private),
        ("169.254.169.254", Reach::Anywhere),
        ("169.254.0.1", Reach::Anywhere),
        ("100.100.100.200", Reach::Anywhere),
        ("168.63.129.16", Reach::Anywhere),
        ("0.0.0.0", Reach::Anywhere),
        ("0.1.2.3", Reach::Anywhere),
        ("224.0.0.1", Reach::Anywhere),
        ("255.255.255.255", Reach::Anywhere),
        ("::", Reach::Anywhere),
        ("fe80::1", Reach::Anywhere),
        ("ff02::1", Reach::Anywhere),
        ("fd00:ec2::254", Reach::Anywhere),
        ("::ffff:169.254.169.254", Reach::Anywhere),
        ("::169.254.169.254", Reach::Anywhere),
        ("2002:a9fe:a9fe::", Reach::Anywhere),
    ] {
        for reach in [Reach::Public, Reach::Private, Reach::Anywhere] {
            assert_eq!(
                refuse(address.parse().unwrap(), reach).is_none(),
                reach >= needed,
                "{address} {reach:?}"
            );
        }
    }
}

#[test]
fn a_glob_of_addresses_means_what_it_says() {
    for (glob, yes, no) in [
        (
            "https://api.example.com/v1/*",
            &["https://api.example.com/v1/x", "https://API.example.com:443/v1/x?q=1#f"][..],
            &[
                "http://api.example.com/v1/x",
                "https://api.example.com/v1/x/y",
                "https://api.example.com/v1/../v2",
                "https://api.example.com:8443/v1/x",
                "https://api.example.com.evil.net/v1/x",
                "https://evil.net/https://api.example.com/v1/x",
                "https://api.example.com@evil.net/v1/x",
                "https://evil.net/?api.example.com/v1/x",
            ][..],
        ),
        (
            "https://api.example.com",
            &["https://api.example.com", "https://api.example.com/any/where"],
            &["https://www.example.com/", "https://example.com/"],
        ),
        (
            "api.example.com/**",
            &["http://api.example.com/a/b", "https://api.example.com/"],
            &["https://x.api.example.com/"],
        ),
        (
            "https://*.example.com/**",
            &["https://a.example.com/", "https://a.b.example.com/x"],
            &["https://example.com/", "https://evil.net/.example.com/", "https://a.example.com.evil.net/"],
        ),
        ("https://bücher.example", &["https://xn--bcher-kva.example/"], &["https://bucher.example/"]),
        ("http://api.example.com:8080", &["http://api.example.com:8080/x"], &["http://api.example.com/x"]),
        ("https://[2606:4700::1]/**", &["https://[2606:4700:0:0::1]/x"], &["https://[2606:4700::2]/x"]),
    ] {
        let rules = AddressRules::new(Some(&[glob.into()]), None).unwrap();
        for url in yes {
            assert!(rules.check(&url.parse().unwrap()).is_ok(), "{glob} grants {url}");
        }
        for url in no {
            assert!(rules.check(&url.parse().unwrap()).is_err(), "{glob} does not grant {url}");
        }
    }
    for wrong in
        ["ftp://example.com", "", "/x", "https://a@b/", "https://example.com:x/", "https://exa mple.com/"]
    {
        assert!(AddressRules::new(Some(&[wrong.into()]), None).is_err(), "{wrong}");
    }
}
