//! The made-up hospital's formulary: generic names with plausible forms, strengths and prices.

/// One drug a line: `name|ATC|group|VEN|storage|form strength=cents use; …`.
///
/// - storage: `a` ambient, `r` refrigerated, `z` frozen, `c` controlled.
/// - cents: usual price of one base unit; use: `F` fast, `M` medium, `S` slow, `Z` seasonal.
const DRUGS: &str = "\
paracetamol|N02BE01|analgesics|E|a|tab 500 mg=3F; vial 1 g/100 ml=140F; sup 125 mg=22M; sup 250 mg=25M; sol 120 mg/5 ml=210M
ibuprofen|M01AE01|analgesics|E|a|tab 400 mg=4F; tab 600 mg=6F; sol 100 mg/5 ml=240M
metamizole|N02BB02|analgesics|E|a|tab 500 mg=9F; inj 500 mg/ml 2 ml=85F; drp 500 mg/ml=310M
diclofenac|M01AB05|analgesics|N|a|tab 50 mg=5M; inj 25 mg/ml 3 ml=65M; crm 1 %=280S
ketorolac|M01AB15|analgesics|E|a|inj 30 mg/ml 1 ml=95M
morphine|N02AA01|opioids|V|c|inj 10 mg/ml 1 ml=110F; tab 10 mg=18M; tab 30 mg=35M; sol 2 mg/ml=620S
fentanyl|N02AB03|opioids|V|c|inj 50 mcg/ml 2 ml=130F; inj 50 mcg/ml 10 ml=260M; ptc 25 mcg/h=540M; ptc 50 mcg/h=890S
oxycodone|N02AA05|opioids|E|c|tab 5 mg=22M; tab 10 mg=34M; tab 20 mg=58S; inj 10 mg/ml 1 ml=310S
hydromorphone|N02AA03|opioids|E|c|tab 4 mg=75S; inj 2 mg/ml 1 ml=240S
tramadol|N02AX02|opioids|E|a|cap 50 mg=7M; inj 50 mg/ml 2 ml=75M; drp 100 mg/ml=330S
ketamine|N01AX03|anaesthetics|V|c|inj 50 mg/ml 10 ml=480M; inj 10 mg/ml 20 ml=390S
propofol|N01AX10|anaesthetics|V|a|inj 10 mg/ml 20 ml=260F; inj 20 mg/ml 50 ml=690M
etomidate|N01AX07|anaesthetics|V|a|inj 2 mg/ml 10 ml=520S
midazolam|N05CD08|anaesthetics|V|c|inj 1 mg/ml 5 ml=95F; inj 5 mg/ml 3 ml=120M; tab 7.5 mg=28S
rocuronium|M03AC09|anaesthetics|V|r|inj 10 mg/ml 5 ml=680M
suxamethonium|M03AB01|anaesthetics|V|r|inj 20 mg/ml 5 ml=540M
cisatracurium|M03AC11|anaesthetics|V|r|inj 2 mg/ml 10 ml=910S
neostigmine|N07AA01|anaesthetics|V|a|inj 0.5 mg/ml 1 ml=180S
sugammadex|V03AB35|anaesthetics|E|a|inj 100 mg/ml 2 ml=5400S
lidocaine|N01BB02|anaesthetics|E|a|inj 1 % 10 ml=90F; inj 2 % 5 ml=95M; crm 4 %=450M
bupivacaine|N01BB01|anaesthetics|E|a|inj 0.5 % 20 ml=310M; inj 0.5 % heavy 4 ml=420S
ropivacaine|N01BB09|anaesthetics|E|a|inj 2 mg/ml 20 ml=380M; bag 2 mg/ml 200 ml=1450S
amoxicillin|J01CA04|antibiotics|E|a|cap 500 mg=12M; vial 1 g=260M; sol 250 mg/5 ml=340Z
amoxicillin + clavulanic acid|J01CR02|antibiotics|E|a|tab 875/125 mg=28F; vial 1.2 g=310F; sol 400/57 mg=520Z
ampicillin + sulbactam|J01CR01|antibiotics|E|a|vial 3 g=360F; vial 1.5 g=240M
piperacillin + tazobactam|J01CR05|antibiotics|V|a|vial 4.5 g=620F
benzylpenicillin|J01CE01|antibiotics|E|a|vial 5 million IU=390M; vial 10 million IU=610S
flucloxacillin|J01CF05|antibiotics|E|a|vial 2 g=540M; cap 500 mg=38S
cefazolin|J01DB04|antibiotics|V|a|vial 1 g=210F; vial 2 g=330F
cefuroxime|J01DC02|antibiotics|E|a|vial 1.5 g=270F; tab 500 mg=45M; sol 125 mg/5 ml=690Z
ceftriaxone|J01DD04|antibiotics|V|a|vial 1 g=230M; vial 2 g=320F
ceftazidime|J01DD02|antibiotics|E|a|vial 2 g=780S
cefepime|J01DE01|antibiotics|E|a|vial 2 g=940S
meropenem|J01DH02|antibiotics|V|a|vial 1 g=790F; vial 500 mg=520M
imipenem + cilastatin|J01DH51|antibiotics|E|a|vial 500 mg=860S
ciprofloxacin|J01MA02|antibiotics|E|a|tab 500 mg=19M; bag 400 mg/200 ml=640M
levofloxacin|J01MA12|antibiotics|E|a|tab 500 mg=55M; bag 500 mg/100 ml=720S
gentamicin|J01GB03|antibiotics|V|a|inj 80 mg/2 ml=95M; inj 240 mg/80 ml=310S
tobramycin|J01GB01|antibiotics|E|a|inj 80 mg/2 ml=340S; neb 300 mg/5 ml=2900S
vancomycin|J01XA01|antibiotics|V|a|vial 500 mg=450M; vial 1 g=690F
teicoplanin|J01XA02|antibiotics|E|a|vial 400 mg=2900S
linezolid|J01XX08|antibiotics|E|a|bag 600 mg/300 ml=1600M; tab 600 mg=720S
metronidazole|J01XD01|antibiotics|E|a|bag 500 mg/100 ml=180F; tab 400 mg=14M
clindamycin|J01FF01|antibiotics|E|a|cap 300 mg=24M; inj 600 mg/4 ml=390M
clarithromycin|J01FA09|antibiotics|E|a|tab 500 mg=35Z; vial 500 mg=980Z
azithromycin|J01FA10|antibiotics|E|a|tab 500 mg=95Z; sol 200 mg/5 ml=560Z
doxycycline|J01AA02|antibiotics|E|a|tab 100 mg=11M; inj 100 mg/5 ml=720S
co-trimoxazole|J01EE01|antibiotics|E|a|tab 960 mg=13M; inj 480 mg/5 ml=330M
fosfomycin|J01XX01|antibiotics|E|a|vial 5 g=2100S; sol 3 g=780S
rifampicin|J04AB02|antibiotics|E|a|cap 300 mg=62S; vial 600 mg=2400S
fluconazole|J02AC01|antifungals|E|a|cap 100 mg=48M; bag 200 mg/100 ml=690M
voriconazole|J02AC03|antifungals|E|a|tab 200 mg=640S; vial 200 mg=3900S
caspofungin|J02AX04|antifungals|E|r|vial 50 mg=9800S; vial 70 mg=12400S
amphotericin B liposomal|J02AA01|antifungals|V|r|vial 50 mg=14500S
aciclovir|J05AB01|antivirals|V|a|vial 250 mg=640M; vial 500 mg=990M; tab 400 mg=21S
oseltamivir|J05AH02|antivirals|E|a|cap 75 mg=190Z; cap 30 mg=160Z
remdesivir|J05AB16|antivirals|N|a|vial 100 mg=31000S
enoxaparin|B01AB05|antithrombotics|V|a|syr 20 mg=155F; syr 40 mg=190F; syr 60 mg=310M; syr 80 mg=390M
heparin|B01AB01|antithrombotics|V|a|vial 25000 IU/5 ml=620M; inj 5000 IU/0.2 ml=145F
apixaban|B01AF02|antithrombotics|E|a|tab 2.5 mg=105M; tab 5 mg=105F
rivaroxaban|B01AF01|antithrombotics|E|a|tab 15 mg=210M; tab 20 mg=210M
warfarin|B01AA03|antithrombotics|E|a|tab 5 mg=8S
acetylsalicylic acid|B01AC06|antithrombotics|V|a|tab 100 mg=2F; vial 500 mg=290M
clopidogrel|B01AC04|antithrombotics|E|a|tab 75 mg=14F
ticagrelor|B01AC24|antithrombotics|E|a|tab 90 mg=120M
alteplase|B01AD02|antithrombotics|V|r|vial 50 mg=48500S; vial 20 mg=21500S
tranexamic acid|B02AA02|antithrombotics|V|a|inj 100 mg/ml 5 ml=145F; tab 500 mg=29S
phytomenadione|B02BA01|antithrombotics|V|a|inj 10 mg/ml 1 ml=120M
human albumin|B05AA01|blood products|E|r|bag 20 % 100 ml=5200M; bag 5 % 250 ml=3900S
immunoglobulin human|J06BA02|blood products|V|r|bag 10 % 100 ml=69000S; bag 10 % 50 ml=36500S
prothrombin complex|B02BD01|blood products|V|r|vial 500 IU=21500S
fibrinogen|B02BB01|blood products|V|r|vial 1 g=34500S
fibrin sealant|B02BC30|blood products|N|z|vial 4 ml=24500S; vial 10 ml=42000S
adrenaline|C01CA24|emergency|V|a|inj 1 mg/ml 1 ml=85F; syr 0.1 mg/ml 10 ml=690M; pen 0.3 mg=2900S
noradrenaline|C01CA03|emergency|V|a|inj 1 mg/ml 10 ml=390F; inj 1 mg/ml 1 ml=145M
dobutamine|C01CA07|emergency|V|a|vial 250 mg=560M
vasopressin|H01BA01|emergency|V|r|inj 20 IU/ml 1 ml=3900S
atropine|A03BA01|emergency|V|a|inj 0.5 mg/ml 1 ml=75M
naloxone|V03AB15|emergency|V|a|inj 0.4 mg/ml 1 ml=320S
flumazenil|V03AB25|emergency|V|a|inj 0.1 mg/ml 5 ml=890S
acetylcysteine|V03AB23|emergency|V|a|inj 300 mg/3 ml=130M; tab 600 mg=24Z
amiodarone|C01BD01|cardiovascular|V|a|inj 50 mg/ml 3 ml=195M; tab 200 mg=18M
adenosine|C01EB10|cardiovascular|V|a|inj 3 mg/ml 2 ml=480S
metoprolol|C07AB02|cardiovascular|E|a|tab 47.5 mg=7F; tab 95 mg=9M; inj 1 mg/ml 5 ml=290M
bisoprolol|C07AB07|cardiovascular|E|a|tab 2.5 mg=5F; tab 5 mg=6F
esmolol|C07AB09|cardiovascular|V|a|vial 100 mg=890S
amlodipine|C08CA01|cardiovascular|E|a|tab 5 mg=4F; tab 10 mg=5M
ramipril|C09AA05|cardiovascular|E|a|tab 2.5 mg=5F; tab 5 mg=6F; tab 10 mg=8M
candesartan|C09CA06|cardiovascular|E|a|tab 8 mg=9M; tab 16 mg=12M
urapidil|C02CA06|cardiovascular|V|a|inj 5 mg/ml 5 ml=260F
glyceryl trinitrate|C01DA02|cardiovascular|V|a|inj 1 mg/ml 50 ml=890M; sol spray 0.4 mg=640M
furosemide|C03CA01|cardiovascular|V|a|tab 40 mg=4F; inj 10 mg/ml 2 ml=55F; inj 10 mg/ml 25 ml=280M
torasemide|C03CA04|cardiovascular|E|a|tab 10 mg=6F; inj 5 mg/ml 4 ml=180M
spironolactone|C03DA01|cardiovascular|E|a|tab 25 mg=7M; tab 50 mg=10M
atorvastatin|C10AA05|cardiovascular|N|a|tab 20 mg=6M; tab 40 mg=8F
digoxin|C01AA05|cardiovascular|E|a|tab 0.125 mg=9S; inj 0.25 mg/ml 2 ml=310S
pantoprazole|A02BC02|gastrointestinal|E|a|tab 20 mg=5F; tab 40 mg=7F; vial 40 mg=145F
ondansetron|A04AA01|gastrointestinal|E|a|inj 2 mg/ml 2 ml=85F; inj 2 mg/ml 4 ml=120M; tab 4 mg=38M
metoclopramide|A03FA01|gastrointestinal|E|a|inj 5 mg/ml 2 ml=45F; tab 10 mg=5M
dimenhydrinate|R06AA02|gastrointestinal|N|a|inj 62 mg/10 ml=130M; sup 70 mg=48S
butylscopolamine|A03BB01|gastrointestinal|N|a|inj 20 mg/ml 1 ml=75F; tab 10 mg=14S
loperamide|A07DA03|gastrointestinal|N|a|cap 2 mg=9Z
macrogol|A06AD65|gastrointestinal|N|a|sol 13.7 g=32F
lactulose|A06AD11|gastrointestinal|N|a|sol 667 mg/ml=480M
bisacodyl|A06AB02|gastrointestinal|N|a|tab 5 mg=4M; sup 10 mg=26M
octreotide|H01CB02|gastrointestinal|E|r|inj 100 mcg/ml 1 ml=620S
insulin aspart|A10AB05|endocrine|V|r|pen 100 IU/ml 3 ml=790M; vial 100 IU/ml 10 ml=2150M
insulin glargine|A10AE04|endocrine|V|r|pen 100 IU/ml 3 ml=940M
insulin human|A10AB01|endocrine|V|r|vial 100 IU/ml 10 ml=1450F
metformin|A10BA02|endocrine|E|a|tab 500 mg=3M; tab 1000 mg=5M
empagliflozin|A10BK03|endocrine|N|a|tab 10 mg=155S
levothyroxine|H03AA01|endocrine|E|a|tab 50 mcg=4M; tab 100 mcg=5M
hydrocortisone|H02AB09|endocrine|V|a|vial 100 mg=390F; tab 10 mg=32S
prednisolone|H02AB06|endocrine|E|a|tab 5 mg=5F; tab 20 mg=12M; vial 250 mg=890M
dexamethasone|H02AB02|endocrine|E|a|tab 4 mg=42M; inj 4 mg/ml 1 ml=110F
oxytocin|H01BB02|obstetrics|V|r|inj 10 IU/ml 1 ml=165F
carbetocin|H01BB03|obstetrics|E|r|inj 100 mcg/ml 1 ml=1850S
dinoprostone|G02AD02|obstetrics|E|z|vial 10 mg insert=6900S
misoprostol|G02AD06|obstetrics|V|a|tab 200 mcg=72M
anti-D immunoglobulin|J06BB01|obstetrics|V|r|syr 1500 IU=5900S
salbutamol|R03AC02|respiratory|V|a|inh 100 mcg=310M; neb 2.5 mg/2.5 ml=38F
ipratropium|R03BB01|respiratory|E|a|neb 500 mcg/2 ml=42F; inh 20 mcg=690S
budesonide|R03BA02|respiratory|E|a|neb 0.5 mg/2 ml=110Z; inh 200 mcg=1450S
ambroxol|R05CB06|respiratory|N|a|tab 30 mg=8Z; sol 30 mg/5 ml=290Z
codeine|R05DA04|respiratory|N|c|tab 30 mg=19Z
xylometazoline|R01AA07|respiratory|N|a|drp 0.1 %=185Z; drp 0.05 %=190Z
cetirizine|R06AE07|respiratory|N|a|tab 10 mg=6Z; sol 1 mg/ml=360S
clemastine|R06AA04|respiratory|E|a|inj 1 mg/ml 2 ml=230M
caffeine citrate|N06BC01|respiratory|V|a|inj 20 mg/ml 1 ml=1250S
levetiracetam|N03AX14|neurology|V|a|tab 500 mg=15M; tab 1000 mg=29S; inj 100 mg/ml 5 ml=460M
valproic acid|N03AG01|neurology|E|a|tab 300 mg=14S; inj 100 mg/ml 4 ml=890S
phenytoin|N03AB02|neurology|E|a|inj 50 mg/ml 5 ml=540S
lorazepam|N05BA06|neurology|V|r|inj 2 mg/ml 1 ml=310M
lorazepam oral|N05BA06|neurology|E|a|tab 1 mg=12M; tab 2.5 mg=16S
diazepam|N05BA01|neurology|E|c|inj 5 mg/ml 2 ml=110M; tab 5 mg=6M; sup 10 mg=340S
haloperidol|N05AD01|neurology|E|a|inj 5 mg/ml 1 ml=145M; tab 1 mg=9S
quetiapine|N05AH04|neurology|E|a|tab 25 mg=8M; tab 100 mg=15S
mirtazapine|N06AX11|neurology|N|a|tab 15 mg=11M; tab 30 mg=16S
sertraline|N06AB06|neurology|N|a|tab 50 mg=9S
melperone|N05AD03|neurology|N|a|tab 25 mg=12M
pregabalin|N03AX16|neurology|N|a|cap 75 mg=18M; cap 25 mg=14S
levodopa + benserazide|N04BA02|neurology|E|a|tab 100/25 mg=24S
sodium chloride 0.9 %|B05BB01|infusions|V|a|bag 100 ml=85F; bag 250 ml=92F; bag 500 ml=98F; bag 1000 ml=125F; inj 10 ml=14F
balanced electrolytes|B05BB01|infusions|V|a|bag 500 ml=115F; bag 1000 ml=148F
glucose|B05BA03|infusions|V|a|bag 5 % 500 ml=110F; bag 10 % 500 ml=135M; inj 40 % 10 ml=42M
potassium chloride|B05XA01|infusions|V|a|inj 1 mmol/ml 20 ml=95F
magnesium sulfate|B05XA05|infusions|V|a|inj 50 % 10 ml=140F
calcium gluconate|B05XA19|infusions|V|a|inj 10 % 10 ml=125M
sodium bicarbonate|B05XA02|infusions|V|a|bag 8.4 % 100 ml=390M
water for injection|V07AB00|infusions|E|a|inj 10 ml=12F; bag 100 ml=90M
parenteral nutrition|B05BA10|infusions|E|a|bag 1250 ml=6900M
lipid emulsion|B05BA02|infusions|E|a|bag 20 % 250 ml=1450S
iron carboxymaltose|B03AC00|haematology|N|a|vial 500 mg=9900M
filgrastim|L03AA02|haematology|E|r|syr 30 million IU=2900S; syr 48 million IU=4300S
epoetin alfa|B03XA01|haematology|E|r|syr 4000 IU=2600M; syr 10000 IU=6100S
methotrexate|L01BA01|oncology|E|a|vial 50 mg=1450S; tab 2.5 mg=38S
cisplatin|L01XA01|oncology|E|a|vial 50 mg=1850S
carboplatin|L01XA02|oncology|E|a|vial 450 mg=3900S
paclitaxel|L01CD01|oncology|E|a|vial 100 mg=2900S; vial 300 mg=6900S
rituximab|L01FA01|oncology|E|r|vial 100 mg=14500S; vial 500 mg=68000S
trastuzumab|L01FD01|oncology|E|r|vial 150 mg=29500S
iohexol|V08AB02|diagnostics|E|a|vial 300 mg I/ml 100 ml=2900F; vial 350 mg I/ml 50 ml=1900M
gadobutrol|V08CA09|diagnostics|E|a|syr 7.5 ml=4900M
tetanus vaccine|J07AM01|vaccines|E|r|syr 0.5 ml=1850M
influenza vaccine|J07BB02|vaccines|E|r|syr 0.5 ml=1350Z
hepatitis B vaccine|J07BC01|vaccines|E|r|syr 20 mcg=4100S
chlorhexidine|D08AC02|antiseptics|E|a|sol 0.2 % mouthwash=290F; sol 2 % skin=420M
povidone iodine|D08AG02|antiseptics|E|a|sol 10 %=520F; crm 10 %=340M
dexpanthenol|D03AX03|dermatology|N|a|crm 5 %=260F; drp 5 % eye=410S
tropicamide|S01FA06|ophthalmics|N|a|drp 0.5 %=640M
ofloxacin eye|S01AE01|ophthalmics|N|a|drp 3 mg/ml=590S
timolol|S01ED01|ophthalmics|N|a|drp 0.5 %=480S
latanoprost|S01EE01|ophthalmics|N|r|drp 50 mcg/ml=690S";

/// How an item is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Fast,
    Medium,
    Slow,
    Seasonal,
}

/// What a form is counted in, takes up, weighs and how it is packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) base_unit: &'static str,
    pub(super) volume_ml: f64,
    /// Of one base unit in its package.
    pub(super) grams: f64,
    /// How much more of it is used than of an ampoule.
    pub(super) use_factor: f64,
    pub(super) shelf_life_days: i64,
    /// Packs on the market, small to large.
    pub(super) packs: [i64; 3],
}

/// A strength and form of a drug.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) name: String,
    pub(super) atc: &'static str,
    pub(super) group: &'static str,
    pub(super) ven: &'static str,
    pub(super) storage_class: &'static str,
    pub(super) form: Form,
    pub(super) strength: &'static str,
    /// Usual price of one base unit in cents.
    pub(super) cents: f64,
    pub(super) usage: Usage,
}

/// All products, in the order of the table.
pub(super) fn products() -> Vec<Product> {
    DRUGS.lines().flat_map(drug).collect()
}

fn drug(line: &'static str) -> Vec<Product> {
    let cells: Vec<&'static str> = line.split('|').collect();
    let [name, atc, group, ven, storage, products] = cells.as_slice() else { return Vec::new() };
    products.split("; ").filter_map(|text| product((name, atc, group, ven, storage), text)).collect()
}

fn product(
    (name, atc, group, ven, storage): (&'static str, &'static str, &'static str, &'static str, &str),
    text: &'static str,
) -> Option<Product> {
    let (what, price) = text.trim().split_once('=')?;
    let (form, strength) = what.split_once(' ')?;
    let (cents, usage) = price.split_at_checked(price.len() - 1)?;
    let form = self::form(form)?;
    let mut capital = name.to_owned();
    if let Some(first) = capital.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    Some(Product {
        name: format!("{capital} {strength}, {}", form.name),
        atc,
        group,
        ven,
        storage_class: match storage {
            "r" => "refrigerated",
            "z" => "frozen",
            "c" => "controlled",
            _ => "ambient",
        },
        form: sized(form, strength),
        strength,
        cents: cents.parse().ok()?,
        usage: match usage {
            "F" => Usage::Fast,
            "M" => Usage::Medium,
            "Z" => Usage::Seasonal,
            _ => Usage::Slow,
        },
    })
}

/// A bag or bottle takes the volume that its strength names.
fn sized(form: Form, strength: &str) -> Form {
    if form.base_unit != "bag" {
        return form;
    }
    let words: Vec<&str> = strength.split([' ', '/']).collect();
    let ml = words.windows(2).find_map(|pair| if let [number, "ml"] = pair { number.parse::<f64>().ok() } else { None }).unwrap_or(250.0);
    Form { volume_ml: ml * 1.25 + 20.0, grams: ml * 1.05 + 15.0, ..form }
}

#[rustfmt::skip]
fn form(word: &str) -> Option<Form> {
    let make = |name, base_unit, volume_ml, grams, use_factor, shelf_life_days, packs| {
        Some(Form { name, base_unit, volume_ml, grams, use_factor, shelf_life_days, packs })
    };
    match word {
        "tab" => make("tablets", "tablet", 1.2, 0.7, 4.0, 1080, [20, 50, 100]),
        "cap" => make("capsules", "capsule", 1.6, 0.8, 3.0, 900, [20, 50, 100]),
        "inj" => make("ampoules", "ampoule", 14.0, 16.0, 1.0, 900, [5, 10, 50]),
        "vial" => make("vials", "vial", 38.0, 34.0, 0.8, 720, [1, 10, 25]),
        "bag" => make("infusion bags", "bag", 300.0, 280.0, 1.0, 720, [10, 20, 40]),
        "syr" => make("prefilled syringes", "syringe", 40.0, 24.0, 0.9, 720, [2, 10, 50]),
        "pen" => make("pens", "pen", 62.0, 38.0, 0.4, 540, [5, 10, 25]),
        "inh" => make("inhaler", "inhaler", 130.0, 72.0, 0.3, 720, [1, 5, 10]),
        "neb" => make("nebuliser doses", "unit dose", 9.0, 8.0, 1.5, 540, [20, 40, 60]),
        "crm" => make("tube", "tube", 70.0, 48.0, 0.3, 900, [1, 5, 10]),
        "drp" => make("drops", "bottle", 26.0, 18.0, 0.3, 540, [1, 5, 10]),
        "sol" => make("oral solution", "bottle", 210.0, 190.0, 0.4, 720, [1, 6, 12]),
        "sup" => make("suppositories", "piece", 5.0, 3.0, 0.6, 720, [10, 20, 50]),
        "ptc" => make("patches", "piece", 7.0, 3.0, 0.4, 720, [5, 10, 20]),
        _ => None,
    }
}
