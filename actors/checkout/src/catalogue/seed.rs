//! The products themselves. Goods, names and drawings are invented for this shop.

use bancada_kernel::Money;

use super::{Product, Text};

macro_rules! product {
    (
        $slug:literal,
        $price_minor:literal,
        $pt:literal / $en:literal,
        $long_pt:literal / $long_en:literal
    ) => {
        Product {
            slug: $slug,
            name: Text::new($pt, $en),
            description: Text::new($long_pt, $long_en),
            price: Money::brl($price_minor),
            drawing: include_str!(concat!("drawings/", $slug, ".svg")),
        }
    };
}

/// In shop order; prices in centavos.
pub(super) fn products() -> Vec<Product> {
    vec![
        product!(
            "cafe-em-graos",
            3_990,
            "Café em grãos 500 g" / "Coffee beans 500 g",
            "Torra média da Serra Imaginária, com notas de caramelo e castanha."
                / "Medium roast from the Imaginary Hills, with notes of caramel and chestnut."
        ),
        product!(
            "caneca-esmaltada",
            4_450,
            "Caneca esmaltada" / "Enamel mug",
            "Ágata azul de 350 ml, daquelas que sobrevivem a qualquer acampamento."
                / "Blue enamel, 350 ml, the kind that survives any camping trip."
        ),
        product!(
            "caderno-pautado",
            2_990,
            "Caderno pautado" / "Lined notebook",
            "Capa dura, 160 páginas e um lápis que veio de brinde."
                / "Hard cover, 160 pages, and a pencil that comes with it."
        ),
        product!(
            "rede-de-algodao",
            18_900,
            "Rede de algodão" / "Cotton hammock",
            "Tecida em tear manual, com varanda de crochê; aguenta duas pessoas e um cochilo."
                / "Hand-loomed with a crochet fringe; holds two people and one nap."
        ),
        product!(
            "violao-de-estudo",
            64_900,
            "Violão de estudo" / "Student guitar",
            "Cordas de náilon e tampo de cedro, pronto para a primeira serenata."
                / "Nylon strings and a cedar top, ready for a first serenade."
        ),
        product!(
            "chinelo-de-borracha",
            3_490,
            "Chinelo de borracha" / "Rubber flip-flops",
            "Solado macio, tiras que não soltam. Do 34 ao 44."
                / "Soft soles and straps that stay in. Sizes 34 to 44."
        ),
        product!(
            "vaso-com-jiboia",
            7_250,
            "Vaso com jiboia" / "Potted pothos",
            "Planta de sombra em vaso de barro pintado; perdoa quem esquece de regar."
                / "A shade plant in a painted clay pot; forgives those who forget to water."
        ),
        product!(
            "bola-de-capotao",
            11_990,
            "Bola de capotão" / "Leather football",
            "Couro costurado à mão, feita para campo de terra."
                / "Hand-stitched leather, made for dirt pitches."
        ),
        product!(
            "mochila-de-lona",
            22_990,
            "Mochila de lona" / "Canvas backpack",
            "Lona encerada de 20 litros, com bolso para o computador."
                / "Waxed canvas, 20 litres, with a laptop pocket."
        ),
        product!(
            "luminaria-de-mesa",
            15_900,
            "Luminária de mesa" / "Desk lamp",
            "Braço articulado e luz quente para ler até tarde."
                / "A jointed arm and warm light for reading late."
        ),
        product!(
            "livro-de-cordel",
            1_890,
            "Livro de cordel" / "Chapbook of verse",
            "Vinte histórias em versos, com xilogravuras na capa e no miolo."
                / "Twenty stories in verse, with woodcuts on the cover and inside."
        ),
        product!(
            "almofada-bordada",
            8_990,
            "Almofada bordada" / "Embroidered cushion",
            "Algodão cru com flor bordada em ponto cheio, 45 por 45 cm."
                / "Raw cotton with a flower in satin stitch, 45 by 45 cm."
        ),
    ]
}
